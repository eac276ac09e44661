import { constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf } from '../util/errors.ts';

/*
 * Pipes that people name, as a file to write to or to read from. A thread that blocks in open(2), read(2) or write(2) keeps the
 * process from its end, whatever asks for it: here none does.
 */

/** How often, in ms, to see whether a pipe has a reader. */
const readerEvery = 50;

/**
 * Opens a pipe for writing once it has a reader.
 * @throws the system's error, or that of `signal` when it aborts.
 */
export async function openPipe(path: string, signal?: AbortSignal): Promise<Writable> {
  for (;;) {
    const fd = openUnlessUnread(path);
    if (fd !== undefined) return new Socket({ fd, readable: false, writable: true });
    await sleep(readerEvery, undefined, { signal });
  }
}

/** @returns undefined while the pipe has no reader. */
function openUnlessUnread(path: string): number | undefined {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (codeOf(error) === 'ENXIO') return undefined;
    throw error;
  }
}

/** Reads a pipe to its end, as text: one that has no writer yet, or one that this process was started with (`/dev/fd/63`). */
export async function readPipe(path: string): Promise<string> {
  const [, inherited] = /^\/dev\/(?:fd\/)?(stdin|\d+)$/.exec(path) ?? [];
  const fd =
    inherited === 'stdin'
      ? 0
      : Number(inherited ?? openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
  return await text(new Socket({ fd, readable: true, writable: false }));
}
