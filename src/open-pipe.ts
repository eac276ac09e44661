import { constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf } from './errors.ts';

/** How often, in ms, to see whether a pipe has a reader. */
const readerEvery = 50;

/**
 * Opens a named pipe for writing once it has a reader. No thread blocks in open(2) or write(2): one that does keeps the
 * process from its end.
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
