import { fstatSync, writeSync } from 'node:fs';
import { codeOf, messageOf, TgError } from '../../util/errors.ts';

/** The codes of errors that say that a reader has had enough, or that a terminal was closed: no failure of the command. */
const readerGone: ReadonlySet<string> = new Set(['EPIPE', 'ECONNRESET', 'ENOTCONN', 'ERR_STREAM_DESTROYED']);

const lost = new AbortController();
const unread = new AbortController();

/** Aborts once stdout or stderr cannot be written, because the disk is full for instance; its reason is a TgError. */
export const outletLost: AbortSignal = lost.signal;

/** Aborts once nothing that is printed on stdout arrives anywhere any more: nobody reads it, or it cannot be written. */
export const stdoutGone: AbortSignal = unread.signal;

/** Watches stdout and stderr. Without it an error there would end tg, as a bug. */
export function watchOutlets(): void {
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
 * Has all of what is written to a file written, or an error: a disk that has room for a part of it takes that, and Node takes that for
 * all (its stream for files on stdout and stderr writes once).
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
    hint: 'Make room, or send it elsewhere.',
    cause,
  });
}

/** Waits until what was written to a stream has left, or cannot. */
export async function flushed(stream: NodeJS.WriteStream): Promise<void> {
  // An empty text is written too, and fails on a full disk: a command that prints nothing has not failed.
  if (stream.writableLength > 0 && !stream.destroyed && !stream.writableEnded)
    await new Promise<void>((resolve) => stream.write('', () => resolve()));
  // Errors of what was written at once are told in the next turn.
  await new Promise((resolve) => setImmediate(resolve));
}
