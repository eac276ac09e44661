import { closeSync, fstatSync, readSync } from 'node:fs';
import { openBelow } from './untrusted-file.ts';

const newline = 0x0a;

/** Which part of a file is read, in bytes. */
interface Part {
  /** How much of it at most. */
  readonly maxBytes: number;
  /** Where the part ends; by default at the end of the file. */
  readonly end?: number | undefined;
}

/**
 * The last lines of a file below a folder, or of its beginning up to `end`, without a first one that is cut.
 * @param root a real path.
 * @throws as `openBelow` does.
 */
export function lastLines(root: string, place: string, { maxBytes, end = Infinity }: Part): string[] {
  return withFile(root, place, (fd, size) => {
    const stop = Math.min(size, end);
    const start = Math.max(0, stop - maxBytes);
    // One byte more shows whether the first line is whole.
    const from = Math.max(0, start - 1);
    const got = bytesAt(fd, from, stop - from);
    return linesOf(start === 0 ? got : got.subarray(got.indexOf(newline) + 1 || got.length));
  });
}

/**
 * The lines of a file below a folder from an offset on; the last may be cut.
 * @param root a real path.
 * @param maxBytes how much of the file is read.
 * @throws as `openBelow` does.
 */
export function linesFrom(root: string, place: string, offset: number, maxBytes: number): string[] {
  return withFile(root, place, (fd, size) =>
    linesOf(bytesAt(fd, offset, Math.min(maxBytes, Math.max(0, size - offset)))),
  );
}

function linesOf(bytes: Buffer): string[] {
  const lines = bytes.toString().split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function withFile<T>(root: string, place: string, read: (fd: number, size: number) => T): T {
  const fd = openBelow(root, place);
  try {
    return read(fd, fstatSync(fd).size);
  } finally {
    closeSync(fd);
  }
}

function bytesAt(fd: number, from: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, readSync(fd, bytes, 0, length, from));
}
