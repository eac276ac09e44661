import { existsSync, lstatSync } from 'node:fs';
import { realpath, symlink } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { packageName, packageRoot } from '../../os/own-package.ts';
import { ancestorsOf } from '../ancestors.ts';
import {
  type InstalledPackage,
  linkAll,
  modules,
  packagesApart,
  packagesIn,
  programsIn,
} from '../sources/packages.ts';
import { planFolder } from '../store/artifact-record.ts';
import { packagesLink } from '../store/npm-packages.ts';

/**
 * Lets an artifact resolve packages as the plan does: the plan's own, then those installed above it, and last the
 * SDK of tg.
 * @param own the folder with the plan's own packages, if any.
 */
export async function linkModules(
  planDir: string,
  own: string | undefined,
  artifactDir: string,
): Promise<void> {
  if (own !== undefined) await symlink(own, join(artifactDir, planFolder, modules));
  // One level above the plan, so that the plan's own packages win.
  await linkAll(join(artifactDir, modules), await packagesInReach(planDir));
}

/**
 * Makes a folder with a link to each package in a plan's reach, and to their programs, so that files written by
 * tools do not end up in the plan's own folder.
 */
export async function linkModulesApart(
  planDir: string,
  own: string | undefined,
  artifactDir: string,
): Promise<void> {
  if (own !== undefined) await symlink(own, join(artifactDir, packagesLink));
  const programs = await Promise.all(ancestorsOf(planDir).map((folder) => programsIn(join(folder, modules))));
  await linkAll(join(artifactDir, planFolder, modules), [
    ...(own === undefined ? [] : await packagesApart(own)),
    ...(await packagesInReach(planDir)),
    ...programs.flat(),
  ]);
}

async function packagesInReach(planDir: string): Promise<InstalledPackage[]> {
  return [...(await packagesAbove(planDir)), { name: packageName, path: packageRoot }];
}

/** A digest of the packages that an artifact resolves: the plan's own, and those installed above it. */
export async function modulesInReach(planDir: string, own: string | undefined): Promise<string[]> {
  return [...(own === undefined ? [] : [own]), ...(await packagesAbove(planDir)).map(({ path }) => path)];
}

/** All packages installed in the folders above the plan, nearest first. */
async function packagesAbove(planDir: string): Promise<InstalledPackage[]> {
  const found: InstalledPackage[] = [];
  for (const folder of ancestorsOf(planDir)) found.push(...(await packagesIn(join(folder, modules))));
  return found;
}

/** Whether a package is installed in a folder above the plan. */
export function isAbove(planDir: string, name: string): boolean {
  return ancestorsOf(planDir).some((folder) => existsSync(join(folder, modules, name)));
}

/** A package in a node_modules that is a link to sources elsewhere. */
export interface LinkedPackage {
  readonly name: string;
  /** Its real path. */
  readonly dir: string;
}

/** The packages in a plan's reach that are links to sources: workspaces, `npm link`. Excludes tg itself. */
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
