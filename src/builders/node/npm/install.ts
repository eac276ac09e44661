import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, rename, symlink, writeFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { packageName } from '../../../os/own-package.ts';
import { removeTree, removeTreeOrThrow } from '../../../os/remove-tree.ts';
import { TgError } from '../../../util/errors.ts';
import type { BuildRequest } from '../../builder.ts';
import { copySources, digestOf, digestSources, type SourceFile } from '../../sources/sources.ts';
import { allLocks, besideFolder, isInstallInput, lockFiles, packagesKind } from '../../store/npm-packages.ts';
import { onlyOnce } from '../../store/one-build.ts';
import { withoutLeftovers } from '../../tool/build-mark.ts';
import { unfinishedName } from '../../unfinished-name.ts';
import type { NodeEntry } from '../entry.ts';
import { treeOf } from '../folder-layout.ts';
import { isAbove } from '../modules.ts';
import type { NodePackage } from '../package.ts';
import { mentions, type Script } from '../scripts.ts';
import { isComplete } from './install-check.ts';
import { digestLocal, type LocalPackages, layOutLocal, localPackages, outsideOf } from './local.ts';
import { checkManager, forFolders, type Manager, managerOf } from './managers.ts';
import { runManager } from './run.ts';
import { workspaceAbove } from './workspace.ts';

/** The packages of a Node plan. */
export interface PlanModules {
  /** The folder that holds them; undefined if there are none, or they are installed after the plan is copied. */
  readonly dir: string | undefined;
  /** The installer to run in the plan's copy, if required. */
  readonly inCopy: InCopy | undefined;
}

interface InCopy {
  /** The local packages needed next to the copy. */
  readonly local: LocalPackages;
  install(copy: string): Promise<void>;
}

interface Look {
  readonly request: BuildRequest;
  readonly files: readonly SourceFile[];
  readonly manifest: NodePackage;
  readonly start: NodeEntry;
  readonly scripts: readonly Script[];
}

const none: PlanModules = { dir: undefined, inCopy: undefined };

/**
 * Provides the packages of a Node plan: its own `node_modules` if it has one; otherwise, packages that its package
 * manager installs once into the home, for all builds with the same lock file or, without one, the same
 * package.json. If packages are inside the plan's folder, or the plan has install scripts, they are installed in
 * the plan's copy.
 * @throws TgError (build) with the package manager's output, (environment) if it is missing.
 */
export async function planModules(look: Look): Promise<PlanModules> {
  const { request, files, manifest } = look;
  const { plan } = request;
  const own = join(plan.dir, 'node_modules');
  if ((await readdir(own).catch(() => [])).some((name) => !name.startsWith('.')))
    return { ...none, dir: own };
  const manager = await managerOf(plan.dir, new Set(files.map(({ path }) => path)), manifest);
  if (manager.lock === undefined) {
    const missing = missingOf(look);
    if (missing.length === 0) return none;
    await throwInWorkspace(plan.dir, missing);
  }
  checkManager(manager, plan.dir, manifest.packageManager, request.env);
  const local = await localPackages(plan.dir, manifest, manager, request.env);
  const given = files.filter(({ path }) => isInstallInput(path));
  const installation = { request, manager, manifest, local, given };
  if (local.inside || hasInstallScripts(manifest)) {
    const its = local.folders.length > 0 ? forFolders(manager) : manager;
    return { ...none, inCopy: { local, install: (copy) => runManager(request, its, copy) } };
  }
  return { ...none, dir: await installed(installation) };
}

/** The packages that a plan needs and that are not installed above it; the SDK of tg is always available. */
function missingOf({ request, manifest, start, scripts }: Look): string[] {
  const { dependencies, devDependencies } = manifest;
  const isUsed = (name: string) =>
    start.kind === 'script' || start.before.length > 0 || mentions(scripts, name);
  const wanted = [...Object.keys(dependencies), ...Object.keys(devDependencies).filter(isUsed)];
  return wanted.filter((name) => name !== packageName && !isAbove(request.plan.dir, name));
}

/** @throws TgError (build) if the plan belongs to a workspace, which must be installed as a whole. */
async function throwInWorkspace(planDir: string, missing: readonly string[]): Promise<void> {
  const workspace = await workspaceAbove(planDir);
  if (workspace === undefined) return;
  const names = missing.length > 1 ? `${missing[0]} and ${missing.length - 1} more are` : `${missing[0]} is`;
  throw new TgError('build', `the plan belongs to a workspace that is not installed: ${names} missing`, {
    where: join(planDir, 'package.json'),
    hint: `Install it (npm, pnpm or yarn install) in ${workspace}.`,
  });
}

/** Install scripts may need the plan's other files. */
function hasInstallScripts({ scripts }: NodePackage): boolean {
  const names = ['install', 'preinstall', 'postinstall', 'prepare', 'preprepare', 'postprepare'];
  return names.some((name) => scripts[name] !== undefined);
}

interface Installation {
  readonly request: BuildRequest;
  readonly manager: Manager;
  readonly manifest: NodePackage;
  readonly local: LocalPackages;
  readonly given: readonly SourceFile[];
}

/** The folder in the home with the packages of a lock file; missing or incomplete packages are installed. */
async function installed(installation: Installation): Promise<string> {
  const { request, manager, manifest, local, given } = installation;
  const { plan, home, report } = request;
  const about = [manager.program, process.version, process.platform, process.arch];
  const dirOf = async (folder: string) => {
    const { content } = await digestSources(folder, given, about);
    const beside = outsideOf(local).length === 0 ? [] : [(await digestLocal(local)).content, plan.dir];
    return join(
      home.work,
      `${packagesKind}--${beside.length === 0 ? content : digestOf([content, ...beside])}`,
    );
  };
  const known = await dirOf(plan.dir);
  const find = async () =>
    (await isComplete(known, manager, manifest)) ? join(known, 'node_modules') : undefined;
  const heldBy = (maker: string) => `the same packages are being installed by ${maker}`;
  return (
    (await find()) ??
    (await onlyOnce(request, { key: basename(known), heldBy }, find, async () => {
      if (manager.lock === undefined)
        report(
          `${plan.dir} has no lock file: ${manager.program} installs the dependencies of its package.json once, into ${home.work}`,
        );
      return await placed(installation, known, dirOf);
    }))
  );
}

/** Installs under a temporary name, then renames. */
async function placed(
  installation: Installation,
  known: string,
  dirOf: (folder: string) => Promise<string>,
): Promise<string> {
  const { request, manager, manifest, given } = installation;
  const partial = unfinishedName(known);
  try {
    await mkdir(partial, { recursive: true });
    await copySources(request.plan.dir, partial, given, request.signal);
    // A digest of the copies, since the plan's files may have changed since.
    const dir = await dirOf(partial);
    await withoutLeftovers(request.env, installIn(partial, installation));
    if (!(await isComplete(dir, manager, manifest))) await removeTreeOrThrow(dir);
    await rename(partial, dir).catch(async (error: unknown) => {
      if (!(await isComplete(dir, manager, manifest))) throw error;
    });
    return join(dir, 'node_modules');
  } finally {
    await removeTree(partial);
  }
}

/** Installs into a new folder with the inputs, next to the local packages they refer to. */
async function installIn(
  dir: string,
  { request, manager, manifest, local, given }: Installation,
): Promise<void> {
  const { plan, signal } = request;
  const outside = outsideOf(local);
  const place = outside.length === 0 ? dir : join(dir, besideFolder, treeOf(plan.dir, outside).plan);
  await mkdir(join(place, 'node_modules'), { recursive: true });
  if (outside.length > 0) {
    await copySources(dir, place, given, signal);
    await layOutLocal(join(dir, besideFolder), plan.dir, local, signal);
  }
  if (manager.lock === undefined) await prepareUnlocked(place, manager, manifest);
  await runManager(request, local.folders.length > 0 ? forFolders(manager) : manager, place);
  if (place === dir) return;
  await symlink(relative(dir, join(place, 'node_modules')), join(dir, 'node_modules'));
  for (const lock of allLocks)
    if (existsSync(join(place, lock))) await copyFile(join(place, lock), join(dir, lock));
}

/** The SDK of tg is linked from tg itself, since no registry of the plan has it. */
async function prepareUnlocked(
  place: string,
  { program, majors }: Manager,
  manifest: NodePackage,
): Promise<void> {
  const without = (names: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(names).filter(([name]) => name !== packageName));
  const { dependencies, devDependencies } = manifest;
  const wanted = {
    ...manifest,
    dependencies: without(dependencies),
    devDependencies: without(devDependencies),
  };
  await writeFile(join(place, 'package.json'), JSON.stringify(wanted, null, 2));
  // Without a lock file, Yarn searches for a project in parent folders.
  if (program === 'yarn' && majors?.from !== 1) await writeFile(join(place, lockFiles.yarn), '');
}
