import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** So many bytes are kept for the records of a run. */
const reserved = 256 * 1024;

/**
 * Keeps some room on the disk for the records of a run, which its instances may fill.
 * @returns what gives it free; called once nobody else writes, before the records are.
 */
export function reserveRoom(runDir: string): () => void {
  const file = join(runDir, '.reserved');
  try {
    writeFileSync(file, Buffer.alloc(reserved));
  } catch {
    // There is none left already: that is told where it matters.
  }
  return () => rmSync(file, { force: true });
}
