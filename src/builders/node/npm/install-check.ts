import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { lockFiles } from '../../store/npm-packages.ts';
import type { NodePackage } from '../package.ts';
import type { Manager } from './managers.ts';

/** The file that each package manager writes last into a node_modules. */
const lastFiles = {
  pnpm: ['.modules.yaml'],
  yarn: ['.yarn-integrity', '.yarn-state.yml'],
} as const;

/** Whether all packages exist that the package manager has recorded as installed. */
export async function isComplete(dir: string, { program }: Manager, manifest: NodePackage): Promise<boolean> {
  const modules = join(dir, 'node_modules');
  if (!existsSync(modules)) return false;
  if (program === 'npm') return await isCompleteForNpm(dir);
  const wanted = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });
  const isEnded = lastFiles[program].some((name) => existsSync(join(modules, name)));
  return (wanted.length === 0 || isEnded) && wanted.every((name) => existsSync(join(modules, name)));
}

const lockSchema = z.looseObject({
  packages: z.record(z.string(), z.unknown()).default({}),
  dependencies: z.record(z.string(), z.unknown()).default({}),
});

/** npm records the installed packages, if there are any. */
async function isCompleteForNpm(dir: string): Promise<boolean> {
  const said = await namedIn(join(dir, 'node_modules', '.package-lock.json'));
  // Folders outside the plan are checked where they are imported.
  if (said !== undefined)
    return said.filter((name) => !name.startsWith('../')).every((name) => existsSync(join(dir, name)));
  const locks = await Promise.all(lockFiles.npm.map((name) => namedIn(join(dir, name))));
  return locks.some((names) => names !== undefined) && locks.every((names = []) => names.length === 0);
}

/** The packages named by a lock file; undefined if it is missing or malformed. */
async function namedIn(file: string): Promise<string[] | undefined> {
  try {
    const content = (await readFile(file, 'utf8')).replace(/^\uFEFF/, '');
    const { packages, dependencies } = lockSchema.parse(JSON.parse(content));
    // Lock files of version 1 only have `dependencies`.
    return Object.keys({ ...dependencies, ...packages }).filter((name) => name !== '');
  } catch {
    return undefined;
  }
}
