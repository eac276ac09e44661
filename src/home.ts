import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { codeOf, messageOf, TgError } from './errors.ts';

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

/** The home that an environment names: `$TESTGROUND_HOME`, else `~/testground`. Touches no file. */
export function homeOf(env: NodeJS.ProcessEnv): Home {
  const root = resolve(env['TESTGROUND_HOME'] || join(env['HOME'] || homedir(), 'testground'));
  return {
    root,
    plans: join(root, 'plans'),
    work: join(root, 'data', 'work'),
    outputs: join(root, 'data', 'outputs', 'local_exec'),
    config: join(root, '.env.toml'),
  };
}

/**
 * Makes the home's folders and sees that they can be written.
 * @throws TgError (usage) naming the folder.
 */
export async function prepareHome(home: Home): Promise<void> {
  for (const folder of [home.plans, home.work, home.outputs]) {
    const probe = join(folder, `.probe-${randomUUID()}`);
    try {
      await mkdir(folder, { recursive: true });
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

/** Node says ENOENT where a folder cannot be made in a read-only file system; the folder above it knows better. */
async function whyNotWritable(folder: string, error: unknown): Promise<unknown> {
  return await access(folder, constants.W_OK).then(
    () => error,
    (why: unknown) => (codeOf(why) === 'ENOENT' ? error : why),
  );
}
