import { randomUUID } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { access, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { codeOf, messageOf, TgError } from '../util/errors.ts';

/** The folders below a home; absolute paths. */
export interface Home {
  readonly root: string;
  /** Imported plans, one folder each. */
  readonly plans: string;
  /** What builders keep between runs. */
  readonly work: string;
  /** One folder a run: `<outputs>/<plan>/<run id>`. */
  readonly outputs: string;
  /** The home's configuration; the file may be missing. */
  readonly config: string;
}

/**
 * The home that an environment names: `$TESTGROUND_HOME`, else `~/testground`. Touches no file.
 * @throws TgError (usage) where it names none, and the user has no home directory.
 */
export function homeOf(env: NodeJS.ProcessEnv): Home {
  const root = resolve(env['TESTGROUND_HOME'] || join(env['HOME'] || userHome(), 'testground'));
  return {
    root,
    plans: join(root, 'plans'),
    work: join(root, 'data', 'work'),
    outputs: join(root, 'data', 'outputs', 'local_exec'),
    config: join(root, '.env.toml'),
  };
}

function userHome(): string {
  try {
    return homedir();
  } catch (cause) {
    throw new TgError('usage', `this user has no home directory: ${messageOf(cause)}`, {
      hint: 'Set TESTGROUND_HOME, or HOME, to a folder that you may write.',
      cause,
    });
  }
}

/**
 * Makes the home's folders and sees that they can be written.
 * @throws TgError (usage) naming the folder.
 */
export async function prepareHome(home: Home): Promise<void> {
  for (const folder of [home.plans, home.work, home.outputs]) {
    const probe = join(folder, `.probe-${randomUUID()}`);
    try {
      await makeFolder(folder);
      await writeFile(probe, '');
      await rm(probe);
    } catch (error) {
      const cause = await whyNotWritable(home.root, error);
      throw new TgError('usage', `the home directory cannot be written: ${messageOf(cause)}`, {
        where: home.root,
        hint: 'Set TESTGROUND_HOME to a folder that you may write, or mend its permissions.',
        cause,
      });
    }
  }
}

/**
 * Makes a folder, and those above it, one by one: `mkdir` with `recursive` never returns in a file system that says of a folder
 * that is there that it cannot be made in it, as /proc does.
 */
export async function makeFolder(folder: string): Promise<void> {
  if (await isFolder(folder)) return;
  try {
    await mkdir(folder);
  } catch (error) {
    // Somebody else has made it meanwhile.
    if (codeOf(error) === 'EEXIST' && (await isFolder(folder))) return;
    const parent = dirname(folder);
    if (codeOf(error) !== 'ENOENT' || parent === folder) throw error;
    if (!existsSync(parent)) await makeFolder(parent);
    // Once: /proc would say so for ever. Somebody else may have made the one above meanwhile, and this one too.
    await mkdir(folder).catch(async (again: unknown) => {
      if (codeOf(again) !== 'EEXIST' || !(await isFolder(folder))) throw again;
    });
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}

/** Node says ENOENT where a folder cannot be made in a read-only file system; the folder above it knows better. */
async function whyNotWritable(folder: string, error: unknown): Promise<unknown> {
  return await access(folder, constants.W_OK).then(
    () => error,
    (why: unknown) => (codeOf(why) === 'ENOENT' ? error : why),
  );
}
