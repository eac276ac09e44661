import { accessSync, constants, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from './process.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const bench = join(root, 'bench');

/** The built tg. */
export const tg: Command = [process.execPath, join(root, 'bin', 'tg.js')];

/** A plan of the benchmarks. */
export function planOf(name: string): string {
  return join(bench, 'plans', name);
}

/**
 * The folder in which runs are measured: in memory, if the system has such a place, because a disk (or a file system that
 * searches recently deleted inodes for each new file) would distort the figures.
 */
function parent(): string {
  try {
    accessSync('/dev/shm', constants.W_OK);
    return '/dev/shm';
  } catch {
    return tmpdir();
  }
}

/** A home and a temporary folder for one measurement, removed when disposed of. */
export interface Ground extends Disposable {
  readonly dir: string;
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
}

export function makeGround(): Ground {
  const dir = mkdtempSync(join(parent(), 'tg-bench-'));
  const [home, temp] = [join(dir, 'home'), join(dir, 'tmp')];
  for (const folder of [home, temp]) mkdirSync(folder);
  return {
    dir,
    home,
    env: { TESTGROUND_HOME: home, TMPDIR: temp },
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }),
  };
}
