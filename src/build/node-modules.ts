import { existsSync } from 'node:fs';
import { mkdir, readdir, symlink } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import { TgError } from '../errors.ts';
import { packageName, packageRoot } from '../package.ts';
import { above } from './above.ts';
import { planFolder } from './artifact-record.ts';
import type { ImportSite } from './imports.ts';
import { packageNameIn } from './node-entry.ts';

const modules = 'node_modules';

/**
 * Lets an artifact find packages as the plan would: the plan's own, then those installed above it, and last our SDK.
 * @param own the folder with the plan's own packages, if it has one.
 */
export async function linkModules(
  planDir: string,
  own: string | undefined,
  artifactDir: string,
): Promise<void> {
  if (own !== undefined) await symlink(own, join(artifactDir, planFolder, modules));
  // One above the plan, so that what the plan has itself wins.
  const shared = join(artifactDir, modules);
  await mkdir(shared);
  for (const { name, path } of [
    ...(await packagesAbove(planDir)),
    { name: packageName, path: packageRoot },
  ]) {
    const link = join(shared, name);
    if (existsSync(link)) continue;
    await mkdir(dirname(link), { recursive: true });
    await symlink(path, link);
  }
}

/** What decides which packages an artifact finds: where the plan's own are, and what is installed above it. */
export async function modulesInReach(planDir: string, own: string | undefined): Promise<string[]> {
  return [...(own === undefined ? [] : [own]), ...(await packagesAbove(planDir)).map(({ path }) => path)];
}

interface InstalledPackage {
  /** With its scope. */
  readonly name: string;
  readonly path: string;
}

/** All packages installed in the folders above the plan, the nearest first. */
async function packagesAbove(planDir: string): Promise<InstalledPackage[]> {
  const found: InstalledPackage[] = [];
  for (const folder of above(planDir)) {
    for (const entry of await readdir(join(folder, modules)).catch(() => [])) {
      const scoped = entry.startsWith('@')
        ? await readdir(join(folder, modules, entry)).catch(() => [])
        : undefined;
      const names = scoped === undefined ? [entry] : scoped.map((name) => `${entry}/${name}`);
      found.push(...names.map((name) => ({ name, path: join(folder, modules, name) })));
    }
  }
  return found;
}

/**
 * Sees that the packages are installed without which a plan cannot start.
 * @throws TgError (build) naming the package and the file.
 */
export function checkInstalled(
  planDir: string,
  own: readonly string[],
  imports: readonly ImportSite[],
): void {
  const places = [...own, ...above(planDir).map((folder) => join(folder, modules))];
  const missing = imports.find(({ path, needed }) => needed && !isInstalled(planDir, places, path));
  if (missing === undefined) return;
  throw new TgError('build', `the plan imports "${missing.path}", which is not installed`, {
    where: join(planDir, missing.file),
    hint: `Install the plan's packages (npm install) in ${planDir}.`,
  });
}

function isInstalled(planDir: string, places: readonly string[], path: string): boolean {
  if (isBuiltin(path) || /^([./#<]|\w+:)/.test(path)) return true;
  const name = path.split('/', path.startsWith('@') ? 2 : 1).join('/');
  return (
    [packageName, packageNameIn(planDir)].includes(name) ||
    places.some((folder) => existsSync(join(folder, name)))
  );
}
