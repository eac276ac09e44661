import { closeSync, fstatSync, readSync } from 'node:fs';
import { openBelow } from './untrusted-file.ts';

const newline = 0x0a;

/**
 * The last lines of a file below a folder, without a first one that is cut.
 * @param root a real path.
 * @param maxBytes how much of the file is read.
 * @throws as `openBelow` does.
 */
export function lastLines(root: string, place: string, maxBytes: number): string[] {
  const fd = openBelow(root, place);
  try {
    const { size } = fstatSync(fd);
    const start = Math.max(0, size - maxBytes);
    // One byte more shows whether the first line is whole.
    const from = Math.max(0, start - 1);
    const bytes = Buffer.alloc(size - from);
    const got = bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, from));
    const whole = start === 0 ? got : got.subarray(got.indexOf(newline) + 1 || got.length);
    const lines = whole.toString().split('\n');
    if (lines.at(-1) === '') lines.pop();
    return lines;
  } finally {
    closeSync(fd);
  }
}
