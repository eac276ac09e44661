import { existsSync, lstatSync } from 'node:fs';
import { mkdir, readdir, realpath, symlink } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { codeOf } from '../../errors.ts';
import { packageName, packageRoot } from '../../package.ts';
import { above } from '../above.ts';
import { planFolder } from '../store/artifact-record.ts';
import { packagesLink } from '../store/npm-packages.ts';

export const modules = 'node_modules';

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
  await linkAll(join(artifactDir, modules), await packagesInReach(planDir));
}

/**
 * Makes a folder with a link to each package in a plan's reach, and to their programs: what tools write there is not written
 * into the plan's own folder.
 */
export async function linkModulesApart(
  planDir: string,
  own: string | undefined,
  artifactDir: string,
): Promise<void> {
  if (own !== undefined) await symlink(own, join(artifactDir, packagesLink));
  const folder = join(artifactDir, planFolder, modules);
  const places = [...(own === undefined ? [] : [own]), ...above(planDir).map((each) => join(each, modules))];
  const programs = places.map((place) => join(place, '.bin'));
  const hidden = (own === undefined ? [] : await readdir(own)).filter((name) =>
    /^\.(?!bin$|cache$)/.test(name),
  );
  await linkAll(folder, [
    ...(own === undefined ? [] : await packagesIn(own)),
    ...hidden.map((name) => ({ name, path: join(own ?? '', name) })),
    ...(await packagesInReach(planDir)),
    ...(await Promise.all(programs.map(packagesIn)))
      .flat()
      .map(({ name, path }) => ({ name: join('.bin', name), path })),
  ]);
}

async function packagesInReach(planDir: string): Promise<InstalledPackage[]> {
  return [...(await packagesAbove(planDir)), { name: packageName, path: packageRoot }];
}

async function linkAll(folder: string, packages: readonly InstalledPackage[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { name, path } of packages) {
    const link = join(folder, name);
    if (existsSync(link)) continue;
    await mkdir(dirname(link), { recursive: true });
    await symlink(path, link).catch(ignoringExisting);
  }
}

/** A link that leads nowhere does not exist, and is there. */
function ignoringExisting(error: unknown): void {
  if (codeOf(error) !== 'EEXIST') throw error;
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
  for (const folder of above(planDir)) found.push(...(await packagesIn(join(folder, modules))));
  return found;
}

async function packagesIn(folder: string): Promise<InstalledPackage[]> {
  const found: InstalledPackage[] = [];
  for (const entry of await readdir(folder).catch(() => [])) {
    const scoped = entry.startsWith('@') ? await readdir(join(folder, entry)).catch(() => []) : undefined;
    const names = scoped === undefined ? [entry] : scoped.map((name) => `${entry}/${name}`);
    found.push(...names.map((name) => ({ name, path: join(folder, name) })));
  }
  return found;
}

/** Whether a package is installed in a folder above the plan. */
export function isAbove(planDir: string, name: string): boolean {
  return above(planDir).some((folder) => existsSync(join(folder, modules, name)));
}

/** A package in a node_modules that is a link to sources elsewhere. */
export interface LinkedPackage {
  readonly name: string;
  /** Where it really lies. */
  readonly dir: string;
}

/** The packages in reach of a plan that are no installed ones but links: workspaces, `npm link`. Ours is none of them. */
export async function linkedPackages(planDir: string, own: string | undefined): Promise<LinkedPackage[]> {
  const reach = [...(own === undefined ? [] : await packagesIn(own)), ...(await packagesAbove(planDir))];
  const linked: LinkedPackage[] = [];
  for (const { name, path } of reach) {
    if (name === packageName || !lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) continue;
    const dir = await realpath(path).catch(() => undefined);
    if (dir !== undefined && !dir.split(sep).includes(modules)) linked.push({ name, dir });
  }
  return linked;
}
