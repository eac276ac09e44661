import { existsSync } from 'node:fs';
import { mkdir, readdir, symlink } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import type { Metafile } from 'esbuild';
import { TgError } from '../errors.ts';
import { packageName, packageRoot } from '../package.ts';

const modules = 'node_modules';

/**
 * Lets an artifact find packages as the plan would: those installed in the plan's folder, then those above it, and
 * last our SDK.
 */
export async function linkModules(planDir: string, artifactDir: string, planFolder: string): Promise<void> {
  const own = join(planDir, modules);
  if (existsSync(own)) await symlink(own, join(artifactDir, planFolder, modules));
  const shared = join(artifactDir, modules);
  await mkdir(shared);
  for (const folder of above(planDir)) {
    for (const name of await readdir(join(folder, modules)).catch(() => [])) {
      if (!existsSync(join(shared, name))) await symlink(join(folder, modules, name), join(shared, name));
    }
  }
  if (!existsSync(join(shared, packageName))) await symlink(packageRoot, join(shared, packageName));
}

/** What decides which packages an artifact finds: where the plan's own are, and what is installed above it. */
export async function modulesInReach(planDir: string): Promise<string[]> {
  const own = join(planDir, modules);
  const names = existsSync(own) ? [own] : [];
  for (const folder of above(planDir)) {
    const there = await readdir(join(folder, modules)).catch(() => []);
    names.push(...there.map((name) => join(folder, modules, name)));
  }
  return names;
}

/**
 * Sees that the packages which a plan imports are installed, where the import is no attempt that may fail.
 * @throws TgError (build) naming the package and the file.
 */
export function checkInstalled(planDir: string, { inputs }: Metafile): void {
  for (const [file, { imports }] of Object.entries(inputs)) {
    for (const { path, kind, external } of imports) {
      if (!external || kind !== 'import-statement' || isInstalled(planDir, path)) continue;
      throw new TgError('build', `the plan imports "${path}", which is not installed`, {
        where: join(planDir, file),
        hint: `Install the plan's packages (npm install) in ${planDir}.`,
      });
    }
  }
}

function isInstalled(planDir: string, path: string): boolean {
  if (isBuiltin(path) || /^([./#<]|\w+:)/.test(path)) return true;
  const name = path.split('/', path.startsWith('@') ? 2 : 1).join('/');
  return (
    name === packageName ||
    [planDir, ...above(planDir)].some((folder) => existsSync(join(folder, modules, name)))
  );
}

/** The folders above a folder, nearest first. */
function above(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [] : [parent, ...above(parent)];
}
