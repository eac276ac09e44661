import { randomBytes } from 'node:crypto';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Reserves disk space for what must be written at the end, even if others fill the disk until then. The space is an
 * unlinked file, which disappears with tg at the latest. Its content is random, because a compressing file system
 * would reserve nothing otherwise.
 * @param folder an existing folder on the disk in question.
 * @param bytes how much to reserve.
 * @returns a function that frees the space; to be called right before the reserved writes.
 */
export function reserveSpace(folder: string, bytes: number): () => void {
  const file = join(folder, '.reserved');
  try {
    const fd = openSync(file, 'wx');
    rmSync(file);
    writeSync(fd, randomBytes(bytes));
    return () => closeSync(fd);
  } catch {
    // The disk is already full: reported elsewhere.
    return () => {};
  }
}
