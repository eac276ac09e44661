import { randomBytes } from 'node:crypto';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** So many bytes are kept for the records of a run. */
const reserved = 256 * 1024;

/**
 * Keeps some room on the disk for the records of a run, which its instances may fill: a file without a name, which is gone
 * with tg at the latest. Random bytes: a file system that compresses would keep no room for others.
 * @returns what gives it free; to be called once nobody else writes, before the records are.
 */
export function reserveRoom(runDir: string): () => void {
  const file = join(runDir, '.reserved');
  try {
    const fd = openSync(file, 'wx');
    rmSync(file);
    writeSync(fd, randomBytes(reserved));
    return () => closeSync(fd);
  } catch {
    // There is no room already: that is told where it matters.
    return () => {};
  }
}
