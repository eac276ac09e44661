import { existsSync } from 'node:fs';
import { lstat, mkdir, readdir, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf } from '../../util/errors.ts';
import { textOrEmpty } from '../plain-file.ts';
import type { NamedText } from './named-texts.ts';
import { type Digest, digestOfTexts } from './sources.ts';

/** The name of Node's package folders. */
export const modules = 'node_modules';

export interface InstalledPackage {
  /** Including its scope. */
  readonly name: string;
  readonly path: string;
}

/** The packages installed in a folder, by name. */
export async function packagesIn(folder: string): Promise<InstalledPackage[]> {
  const found: InstalledPackage[] = [];
  for (const entry of await readdir(folder).catch(() => [])) {
    const scoped = entry.startsWith('@') ? await readdir(join(folder, entry)).catch(() => []) : undefined;
    const names = scoped === undefined ? [entry] : scoped.map((name) => `${entry}/${name}`);
    found.push(...names.map((name) => ({ name, path: join(folder, name) })));
  }
  return found;
}

/** Makes a folder with a link to each package; existing entries are kept. */
export async function linkAll(folder: string, packages: readonly InstalledPackage[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { name, path } of packages) {
    const link = join(folder, name);
    if (existsSync(link)) continue;
    await mkdir(dirname(link), { recursive: true });
    await symlink(path, link).catch(ignoringExisting);
  }
}

/** A dangling link does not count as existing, but blocks its name. */
function ignoringExisting(error: unknown): void {
  if (codeOf(error) !== 'EEXIST') throw error;
}

/** The programs provided by packages, by their names below the folder. */
export async function programsIn(folder: string): Promise<InstalledPackage[]> {
  const programs = await packagesIn(join(folder, '.bin'));
  return programs.map(({ name, path }) => ({ name: join('.bin', name), path }));
}

/** All packages in a folder separately, without the caches of tools in `.cache`. */
export async function packagesApart(folder: string): Promise<InstalledPackage[]> {
  const all = await packagesIn(folder);
  return [...all.filter(({ name }) => name !== '.bin' && name !== '.cache'), ...(await programsIn(folder))];
}

/**
 * Links a plan's package folders into its copy, unless the copy has its own.
 * @param places the paths of the folders, below the plan's.
 */
export async function linkPackages(planDir: string, copy: string, places: readonly string[]): Promise<void> {
  for (const place of places) await linkTo(join(planDir, place), join(copy, place));
}

/** Makes a link, unless the path exists already or its folder has gone. */
export async function linkTo(own: string, copied: string): Promise<void> {
  if (!existsSync(own) || existsSync(copied) || !existsSync(dirname(copied))) return;
  await symlink(own, copied).catch(ignoringExisting);
}

/**
 * Makes a plan's package folders available to commands in its copy: as folders with a link to each package, so that
 * files written by tools do not end up in the plan's own.
 * @returns the paths where this was done; existing folders of the copy are kept.
 */
export async function lendPackages(
  planDir: string,
  copy: string,
  places: readonly string[],
): Promise<readonly string[]> {
  const lent = places.filter((place) => !existsSync(join(copy, place)));
  for (const place of lent) await linkAll(join(copy, place), await packagesApart(join(planDir, place)));
  return lent;
}

/** Links the plan's packages permanently: a folder of links without additions is replaced by a link to the whole. */
export async function linkPackagesForGood(
  planDir: string,
  copy: string,
  places: readonly string[],
  lent: readonly string[],
): Promise<void> {
  for (const place of lent) {
    const [own, folder] = [join(planDir, place), join(copy, place)];
    if (!(await lstat(folder).catch(() => undefined))?.isDirectory()) continue;
    if (await holdsLinksOnly(folder)) await rm(folder, { recursive: true });
    else await linkAll(folder, await packagesApart(own));
  }
  await linkPackages(planDir, copy, places);
}

/** Whether a package folder contains only links, including its scope and program folders. */
async function holdsLinksOnly(folder: string): Promise<boolean> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    if (!entry.isDirectory() || !/^@|^\.bin$/.test(entry.name)) return false;
    if (!(await holdsLinksOnly(join(folder, entry.name)))) return false;
  }
  return true;
}

/** Files in which package managers record the installed versions. */
const installed = ['.package-lock.json', '.modules.yaml', '.yarn-integrity', '.yarn-state.yml'];

/** A digest of a package folder, from the names of its packages and the records of its package manager. */
export async function digestPackages(folder: string): Promise<Digest> {
  const names = (await packagesIn(folder)).map(({ name }) => name).filter((name) => !name.startsWith('.'));
  const said = await Promise.all(installed.map((name) => textOrEmpty(join(folder, name))));
  return digestOfTexts([folder, ...names.sort(), ...said]);
}

/** Commands that install Node packages in their working directory. */
const installers =
  /\b(?:npm\s+(?:ci|i|install|add|clean-install)\b|pnpm\s+(?:i|install|add)\b|bun\s+(?:i|install|add)\b|yarn(?:\s+(?:install|add)\b|\s*(?:$|[;&|\n])))/;

/** Commands that create a package folder themselves; an existing folder would make them fail or write elsewhere. */
const makers =
  /\b(?:cp|mv|ln|rsync|tar|unzip)\b[^\n;&|]{0,400}\bnode_modules\b|\bmkdir\b[^\n;&|]{0,400}\bnode_modules\/?(?=[\s;&|"']|$)/;

/** Whether a build installs packages itself, so that it must not find the plan's. */
export function makesPackages(texts: readonly NamedText[]): boolean {
  return texts.some(({ kind, text }) => kind !== 'program' && (installers.test(text) || makers.test(text)));
}
