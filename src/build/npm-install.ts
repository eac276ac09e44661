import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { removeTree, removeTreeOrThrow } from '../remove-tree.ts';
import { withoutLeftovers } from './build-mark.ts';
import type { BuildRequest } from './builder.ts';
import { installInputs, lockFiles, packagesKind } from './npm-packages.ts';
import { textOf } from './plain-file.ts';
import { digestSources, type SourceFile } from './sources.ts';
import { runTool } from './tool.ts';
import { unfinishedName } from './unfinished-name.ts';

/** Where the packages of a Node plan come from. */
export interface PlanModules {
  /** The folder that holds them; undefined for none, or not before the plan is copied. */
  readonly dir: string | undefined;
  /** Installs them into the plan's copy, where that has to be. */
  installInto(copy: string): Promise<void>;
}

const nowhere = async () => {};

/**
 * The packages of a Node plan: its own `node_modules` where it has one; otherwise, with a lock file, those that `npm ci`
 * installs once into the home, for all builds with that lock file. One that names folders of the plan, or
 * scripts that run at an installation, is installed in the plan's copy.
 * @throws TgError (build) with npm's words.
 */
export async function planModules(request: BuildRequest, files: readonly SourceFile[]): Promise<PlanModules> {
  const { plan } = request;
  const own = join(plan.dir, 'node_modules');
  if (existsSync(own)) return { dir: own, installInto: nowhere };
  const given = files.filter(({ path }) => installInputs.includes(path));
  const lock = given.find(({ path }) => lockFiles.includes(path));
  if (lock === undefined) return { dir: undefined, installInto: nowhere };
  const manifest = await textOf(join(plan.dir, 'package.json'));
  if (namesFolders(await readFile(join(plan.dir, lock.path), 'utf8')) || hasInstallScripts(manifest))
    return { dir: undefined, installInto: (copy) => install(request, copy) };
  return { dir: await installed(request, given), installInto: nowhere };
}

/** The folder in the home with what a lock file names; what is not there, or not complete, is installed. */
async function installed(request: BuildRequest, given: readonly SourceFile[]): Promise<string> {
  const { plan, home, env } = request;
  const digest = (folder: string) =>
    digestSources(folder, given, [process.version, process.platform, process.arch]);
  const dirOf = async (folder: string) =>
    join(home.work, `${packagesKind}--${(await digest(folder)).content}`);
  const known = await dirOf(plan.dir);
  if (await isComplete(known)) return join(known, 'node_modules');
  const partial = unfinishedName(known);
  try {
    await mkdir(join(partial, 'node_modules'), { recursive: true });
    for (const { path } of given) await copyFile(join(plan.dir, path), join(partial, path));
    // Of the copies: the plan's own may have been written since.
    const dir = await dirOf(partial);
    await withoutLeftovers(env, install(request, partial));
    await mkdir(join(partial, 'node_modules'), { recursive: true });
    if (!(await isComplete(dir))) await removeTreeOrThrow(dir);
    await rename(partial, dir).catch(async (error: unknown) => {
      if (!(await isComplete(dir))) throw error;
    });
    return join(dir, 'node_modules');
  } finally {
    await removeTree(partial);
  }
}

const lockSchema = z.looseObject({
  packages: z.record(z.string(), z.unknown()).default({}),
  dependencies: z.record(z.string(), z.unknown()).default({}),
});

/** Whether all packages are there that npm says it has installed. It says so where there are any. */
async function isComplete(dir: string): Promise<boolean> {
  if (!existsSync(join(dir, 'node_modules'))) return false;
  const said = await namedIn(join(dir, 'node_modules', '.package-lock.json'));
  if (said !== undefined) return said.every((name) => existsSync(join(dir, name)));
  const locks = await Promise.all(lockFiles.map((name) => namedIn(join(dir, name))));
  return locks.some((names) => names !== undefined) && locks.every((names = []) => names.length === 0);
}

/** What a lock file names; undefined where there is none, or a torn one. */
async function namedIn(file: string): Promise<string[] | undefined> {
  try {
    const { packages, dependencies } = lockSchema.parse(JSON.parse(await readFile(file, 'utf8')));
    // Lock files of version 1 have dependencies alone.
    return Object.keys({ ...dependencies, ...packages }).filter((name) => name !== '');
  } catch {
    return undefined;
  }
}

/** They may want the plan's other files. */
function hasInstallScripts(manifest: string): boolean {
  return /"(pre|post)?install"\s*:|"(pre|post)?prepare"\s*:/.test(manifest);
}

function namesFolders(lock: string): boolean {
  return /"link"\s*:\s*true|"(resolved|version)"\s*:\s*"file:/.test(lock);
}

async function install({ plan, env, signal }: BuildRequest, cwd: string): Promise<void> {
  await runTool({
    program: 'npm',
    args: ['ci', '--no-audit', '--no-fund', '--loglevel=error'],
    cwd,
    env,
    signal,
    builder: 'exec:node',
    failure: 'the packages of the plan cannot be installed',
    where: plan.dir,
    advice: () => 'Or install them yourself, in the plan’s folder: a node_modules there is used as it is.',
  });
}
