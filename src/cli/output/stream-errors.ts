import { fstatSync, writeSync } from 'node:fs';
import { codeOf, messageOf, TgError } from '../../util/errors.ts';

/** Error codes for a reader that has closed the stream or a terminal that was closed; the command has not failed. */
const readerGone: ReadonlySet<string> = new Set(['EPIPE', 'ECONNRESET', 'ENOTCONN', 'ERR_STREAM_DESTROYED']);

const lost = new AbortController();
const unread = new AbortController();

/** Aborts when stdout or stderr cannot be written, because the disk is full for instance; its reason is a TgError. */
export const streamLost: AbortSignal = lost.signal;

/** Aborts when the reader of stdout has gone, or stdout cannot be written. */
export const stdoutGone: AbortSignal = unread.signal;

/** Handles errors of stdout and stderr, which would otherwise end tg as a bug. */
export function watchStandardStreams(): void {
  for (const { name, stream, fd } of [
    { name: 'stdout', stream: process.stdout, fd: 1 },
    { name: 'stderr', stream: process.stderr, fd: 2 },
  ]) {
    if (isFile(fd)) writeWholly(stream, fd);
    stream.on('error', (cause: unknown) => {
      const code = codeOf(cause) ?? '';
      if (!readerGone.has(code) && !(code === 'EIO' && stream.isTTY)) lost.abort(unwritable(name, cause));
      if (name === 'stdout') unread.abort();
    });
  }
}

function isFile(fd: number): boolean {
  try {
    return fstatSync(fd).isFile();
  } catch {
    return false;
  }
}

/**
 * Makes writes to a file complete or fail. A nearly full disk accepts part of a write, and Node's stream for files
 * on stdout and stderr writes once and ignores the rest.
 */
function writeWholly(stream: NodeJS.WriteStream, fd: number): void {
  stream._write = (chunk: Buffer, _encoding, done) => {
    try {
      for (let rest = chunk; rest.length > 0; ) rest = rest.subarray(writeSync(fd, rest));
      done();
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
    }
  };
}

function unwritable(name: string, cause: unknown): TgError {
  return new TgError('environment', `${name} cannot be written: ${messageOf(cause)}`, {
    hint: 'Free some space, or redirect it elsewhere.',
    cause,
  });
}

/** Waits until pending writes to a stream are flushed, or have failed. */
export async function flushed(stream: NodeJS.WriteStream): Promise<void> {
  // Writing an empty text also fails on a full disk, but a command that prints nothing has not failed.
  if (stream.writableLength > 0 && !stream.destroyed && !stream.writableEnded)
    await new Promise<void>((resolve) => stream.write('', () => resolve()));
  // Errors of synchronous writes are emitted in the next tick.
  await new Promise((resolve) => setImmediate(resolve));
}
