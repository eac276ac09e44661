import { accessSync, constants, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from './process.ts';
import { run } from './process.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const bench = join(root, 'bench');

/** The built tg. */
export const tg: Command = [process.execPath, join(root, 'bin', 'tg.js')];

/** A plan of the benchmarks. */
export function planOf(name: string): string {
  return join(bench, 'plans', name);
}

/**
 * Where runs are measured: in memory where the system has such a place, for a disk's moods (and a file system that looks
 * through what was deleted lately for each new file) are not what is measured.
 */
function parent(): string {
  try {
    accessSync('/dev/shm', constants.W_OK);
    return '/dev/shm';
  } catch {
    return tmpdir();
  }
}

/** A home and a place for temporary files of a measurement's own, gone when disposed of. */
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

let built: Promise<string> | undefined;

/** Builds the programs of the benchmarks, once: what loads sync services, the reference, loops. @returns their folder. */
export function programs(): Promise<string> {
  built ??= build();
  return built;
}

async function build(): Promise<string> {
  const dir = join(bench, '.built');
  mkdirSync(dir, { recursive: true });
  const sync = join(bench, 'sync');
  for (const name of ['load', 'reference'])
    await run(['go', 'build', '-o', join(dir, name), `./${name}`], { cwd: sync });
  for (const source of ['spawn/loop.c', 'plans/noop/noop.c', 'plans/flood/flood.c'].map((path) =>
    join(bench, path),
  ))
    await run(['cc', '-O2', '-o', join(dir, source.replace(/.*\/(\w+)\.c$/, '$1')), source]);
  return dir;
}
