import { existsSync, statSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import { isInside } from '../../sources/inside.ts';
import {
  copySources,
  type Digest,
  digestFolder,
  digestOfTexts,
  joinDigests,
  listSources,
} from '../../sources/sources.ts';
import { digestInput } from '../../store/inputs.ts';
import { layOut, type Tree, treeOf } from '../folder-layout.ts';
import { type NodePackage, readPackage } from '../package.ts';
import type { Manager } from './managers.ts';

/** The local packages of a plan. */
export interface LocalPackages {
  /** Whether some are inside the plan's own folder. */
  readonly inside: boolean;
  /** Folders outside the plan that the package manager copies. */
  readonly folders: readonly string[];
  /** Folders outside the plan that are used in place: `link:`, and `file:` for npm without `install-links`. */
  readonly links: readonly string[];
  /** Archives outside the plan (`file:../x.tgz`). */
  readonly archives: readonly string[];
}

interface Reference {
  readonly target: string;
  readonly isLink: boolean;
}

/** The local packages of a plan, transitively. */
export async function localPackages(
  planDir: string,
  manifest: NodePackage,
  { program, lock }: Pick<Manager, 'program' | 'lock'>,
  env: NodeJS.ProcessEnv,
): Promise<LocalPackages> {
  const isNpm = program === 'npm';
  const linksFolders = isNpm && !(await isInstallLinks(planDir, env));
  const found = [
    ...referencesIn(planDir, manifest),
    ...(lock === undefined || !isNpm ? [] : await lockedFolders(planDir, lock)),
  ];
  const seen = new Set<string>();
  const folders: string[] = [];
  const links: string[] = [];
  const archives: string[] = [];
  let inside = manifest.workspaces !== undefined || existsSync(join(planDir, 'pnpm-workspace.yaml'));
  for (const { target, isLink } of found) {
    const kind = seen.has(target) ? undefined : statSync(target, { throwIfNoEntry: false });
    seen.add(target);
    if (kind === undefined) continue;
    if (isInside(planDir, target)) inside = true;
    else if (kind.isFile()) archives.push(target);
    else if (isLink || linksFolders) links.push(target);
    else folders.push(target);
    if (kind.isDirectory() && !isLink) found.push(...referencesIn(target, await readPackage(target)));
  }
  return { inside, folders, links, archives };
}

/** Whether npm copies folders instead of linking them: `install-links`, in the environment or an .npmrc. */
async function isInstallLinks(planDir: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  const settingOf = (name: string) =>
    Object.entries(env).find(([key]) => key.toLowerCase() === `npm_config_${name}`)?.[1];
  const files = [
    join(planDir, '.npmrc'),
    settingOf('userconfig') ?? join(env['HOME'] ?? homedir(), '.npmrc'),
  ];
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')));
  const said = texts.map((text) => /^\s*install-links\s*(?:=\s*["']?(\w*)|$)/m.exec(text));
  const [nearest] = said.flatMap((found) => (found === null ? [] : [found[1] ?? 'true']));
  return (settingOf('install_links') ?? nearest) === 'true';
}

function referencesIn(folder: string, manifest: NodePackage): Reference[] {
  const { dependencies, devDependencies, optionalDependencies } = manifest;
  return Object.values({ ...dependencies, ...devDependencies, ...optionalDependencies }).flatMap((value) => {
    const [, protocol = 'file:', path] = /^(file:|link:|portal:)?(?:\/\/)?(.*)$/s.exec(value) ?? [];
    const isPath = path !== undefined && (value.startsWith(protocol) || /^(?:\.{1,2}|~)?\//.test(path));
    if (!isPath || path.startsWith('~')) return [];
    return [{ target: resolve(folder, path), isLink: protocol === 'link:' }];
  });
}

const lockSchema = z.looseObject({
  packages: z
    .record(z.string(), z.looseObject({ resolved: z.unknown().optional(), link: z.unknown().optional() }))
    .default({}),
});

/** The folders named by an npm lock file: transitive local packages. */
async function lockedFolders(planDir: string, lock: string): Promise<Reference[]> {
  const content = (await readFile(join(planDir, lock), 'utf8')).replace(/^\uFEFF/, '');
  const { data } = lockSchema.safeParse(parsed(content));
  return Object.entries(data?.packages ?? {}).flatMap(([name, { resolved, link }]) => {
    const path = link === true && typeof resolved === 'string' ? resolved : name;
    const isFolder = link === true || (name !== '' && !name.split('/').includes('node_modules'));
    return isFolder ? [{ target: resolve(planDir, path), isLink: false }] : [];
  });
}

function parsed(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    // npm reports the error.
    return undefined;
  }
}

/** A digest of everything outside the plan that affects an installation of local packages. */
export async function digestLocal({ folders, links, archives }: LocalPackages): Promise<Digest> {
  const file = (name: string) => digestInput({ kind: 'file', name }, {});
  return joinDigests([
    ...(await Promise.all([...folders.map((folder) => digestFolder(folder)), ...archives.map(file)])),
    digestOfTexts(links),
  ]);
}

/** The same including all linked folders: the imports of packages installed elsewhere cannot be analyzed. */
export async function digestWhole(local: LocalPackages): Promise<Digest> {
  return await digestLocal({ ...local, folders: [...local.folders, ...local.links] });
}

/**
 * Lays out local packages next to a copy of the plan, at the same relative paths. Folders that a package manager
 * would write into are copied.
 * @param root the top folder of the tree with that copy.
 */
export async function layOutLocal(
  root: string,
  planDir: string,
  local: LocalPackages,
  signal: AbortSignal,
): Promise<void> {
  const tree = treeOf(planDir, outsideOf(local));
  await copyFolders(root, tree, local.folders, signal);
  await layOut(root, tree, [...local.links, ...local.archives]);
}

/** Copies folders to their places in a tree, without the packages installed in them. */
export async function copyFolders(
  root: string,
  tree: Tree,
  folders: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  for (const folder of folders) {
    const copy = join(root, tree.placeOf(folder));
    await mkdir(copy, { recursive: true });
    await copySources(folder, copy, await listSources(folder, { signal }), signal);
  }
}

/** All local packages outside the plan. */
export function outsideOf({ folders, links, archives }: LocalPackages): string[] {
  return [...folders, ...links, ...archives];
}
