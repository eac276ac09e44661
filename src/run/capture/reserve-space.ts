import { randomBytes } from 'node:crypto';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** The number of bytes reserved for the records of a run. */
const reserved = 256 * 1024;

/**
 * Reserves disk space for the records of a run, because its instances may fill the disk. The space is an unlinked
 * file, which disappears with tg at the latest. Its content is random, because a compressing file system would
 * reserve nothing otherwise.
 * @returns a function that frees the space; to be called after the last other write and before the records are
 *   written.
 */
export function reserveRoom(runDir: string): () => void {
  const file = join(runDir, '.reserved');
  try {
    const fd = openSync(file, 'wx');
    rmSync(file);
    writeSync(fd, randomBytes(reserved));
    return () => closeSync(fd);
  } catch {
    // The disk is already full: reported elsewhere.
    return () => {};
  }
}
