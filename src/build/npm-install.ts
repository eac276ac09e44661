import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTree } from '../remove-tree.ts';
import { unfinishedEnding } from '../temp-folder.ts';
import type { BuildRequest } from './builder.ts';
import { installInputs, lockFiles, packagesKind } from './npm-packages.ts';
import { digestSources, type SourceFile } from './sources.ts';
import { runTool } from './tool.ts';

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
  const { plan, home } = request;
  const own = join(plan.dir, 'node_modules');
  if (existsSync(own)) return { dir: own, installInto: nowhere };
  const given = files.filter(({ path }) => installInputs.includes(path));
  const lock = given.find(({ path }) => lockFiles.includes(path));
  if (lock === undefined) return { dir: undefined, installInto: nowhere };
  const manifest = await readFile(join(plan.dir, 'package.json'), 'utf8').catch(() => '');
  if (namesFolders(await readFile(join(plan.dir, lock.path), 'utf8')) || hasInstallScripts(manifest))
    return { dir: undefined, installInto: (copy) => install(request, copy) };
  const digest = await digestSources(plan.dir, given, [process.version, process.platform, process.arch]);
  const dir = join(home.work, `${packagesKind}--${digest}`);
  if (!existsSync(dir)) {
    const partial = `${dir}.${unfinishedEnding}`;
    try {
      await mkdir(partial, { recursive: true });
      for (const { path } of given) await copyFile(join(plan.dir, path), join(partial, path));
      await install(request, partial);
      await rename(partial, dir).catch((error: unknown) => {
        if (!existsSync(dir)) throw error;
      });
    } finally {
      await removeTree(partial);
    }
  }
  const installed = join(dir, 'node_modules');
  return { dir: existsSync(installed) ? installed : undefined, installInto: nowhere };
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
