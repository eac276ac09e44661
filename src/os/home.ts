import { randomUUID } from 'node:crypto';
import { constants, existsSync, rmSync, writeFileSync } from 'node:fs';
import { access, mkdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { codeOf, messageOf, TgError } from '../util/errors.ts';

/** The folders below a home, as absolute paths. */
export interface Home {
  readonly root: string;
  /** Imported plans, one folder each. */
  readonly plans: string;
  /** Files that builders keep between runs. */
  readonly work: string;
  /** One folder per run: `<outputs>/<plan>/<run id>`. */
  readonly outputs: string;
  /** One file per series of runs; the folder may be missing. */
  readonly series: string;
  /** The home's configuration; the file may be missing. */
  readonly config: string;
}

/**
 * The home for an environment: `$TESTGROUND_HOME`, else `~/testground`. Does not touch the file system.
 * @throws TgError (usage) if the variable is not set and the user has no home directory.
 */
export function homeOf(env: NodeJS.ProcessEnv): Home {
  const root = resolve(env['TESTGROUND_HOME'] || join(env['HOME'] || userHome(), 'testground'));
  return {
    root,
    plans: join(root, 'plans'),
    work: join(root, 'data', 'work'),
    outputs: join(root, 'data', 'outputs', 'local_exec'),
    series: join(root, 'data', 'series'),
    config: join(root, '.env.toml'),
  };
}

function userHome(): string {
  try {
    return homedir();
  } catch (cause) {
    throw new TgError('usage', `this user has no home directory: ${messageOf(cause)}`, {
      hint: 'Set TESTGROUND_HOME, or HOME, to a folder that you can write to.',
      cause,
    });
  }
}

/**
 * Creates the home's folders and checks that they are writable.
 * @throws TgError (usage) naming the folder.
 */
export async function prepareHome(home: Home): Promise<void> {
  for (const folder of [home.plans, home.work, home.outputs]) {
    const probe = join(folder, `.probe-${randomUUID()}`);
    try {
      await makeFolder(folder);
      // Synchronously, so that a signal cannot end tg in between.
      writeFileSync(probe, '');
      rmSync(probe);
    } catch (error) {
      const cause = await whyNotWritable(home.root, error);
      throw new TgError('usage', `the home directory is not writable: ${messageOf(cause)}`, {
        where: home.root,
        hint: 'Set TESTGROUND_HOME to a folder that you can write to, or fix its permissions.',
        cause,
      });
    }
  }
}

/**
 * Creates a folder and its parents one by one: `mkdir` with `recursive` never returns on a file system that reports
 * ENOENT for a new folder in an existing one, as /proc does.
 */
export async function makeFolder(folder: string): Promise<void> {
  if (await isFolder(folder)) return;
  try {
    await mkdir(folder);
  } catch (error) {
    // Another process has created it meanwhile.
    if (codeOf(error) === 'EEXIST' && (await isFolder(folder))) return;
    const parent = dirname(folder);
    if (codeOf(error) !== 'ENOENT' || parent === folder) throw error;
    if (!existsSync(parent)) await makeFolder(parent);
    // Retries only once: /proc would fail for ever. Another process may have created the parent meanwhile, and this
    // folder too.
    await mkdir(folder).catch(async (again: unknown) => {
      if (codeOf(again) !== 'EEXIST' || !(await isFolder(folder))) throw again;
    });
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}

/**
 * Node reports ENOENT if a folder cannot be created on a read-only file system; the parent folder gives the real cause.
 */
async function whyNotWritable(folder: string, error: unknown): Promise<unknown> {
  return await access(folder, constants.W_OK).then(
    () => error,
    (why: unknown) => (codeOf(why) === 'ENOENT' ? error : why),
  );
}
