import { constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf } from '../util/errors.ts';

/*
 * Named pipes given by users as a file to write or read. A thread that blocks in open(2), read(2) or write(2) keeps the
 * process from exiting, even on a signal; no thread blocks here.
 */

/** How often, in ms, to check whether a pipe has a reader. */
const readerEvery = 50;

/**
 * Opens a pipe for writing once it has a reader.
 * @throws the system's error, or the reason of `signal` when it aborts.
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

/** Reads a pipe to its end, as text. It may have no writer yet, or be inherited by this process (`/dev/fd/63`). */
export async function readPipe(path: string): Promise<string> {
  const [, inherited] = /^\/dev\/(?:fd\/)?(stdin|\d+)$/.exec(path) ?? [];
  const fd =
    inherited === 'stdin'
      ? 0
      : Number(inherited ?? openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
  return await text(new Socket({ fd, readable: true, writable: false }));
}
