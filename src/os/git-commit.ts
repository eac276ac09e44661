import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

/** The commit that a folder is at. */
export interface Commit {
  /** The hash, in hexadecimal digits. */
  readonly id: string;
  /** Whether files in the folder differ from that commit. */
  readonly isChanged: boolean;
}

/** How long git may take, in ms: a large repository is not worth a longer wait. */
const timeout = 3_000;
const run = promisify(execFile);

/**
 * The commit of the repository that a folder belongs to. Undefined if git does not know the folder, cannot be run, or
 * takes too long.
 * @param tracked the name of a file in the folder; if git does not track it, neither the folder.
 */
export async function commitOf(
  folder: string,
  tracked: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Commit | undefined> {
  if (!isInRepository(folder)) return undefined;
  // Without locks, git does not refresh its index, which a person may be using.
  const own = { GIT_DIR: undefined, GIT_WORK_TREE: undefined, GIT_INDEX_FILE: undefined };
  const options = { cwd: folder, env: { ...env, ...own, GIT_OPTIONAL_LOCKS: '0' }, timeout, signal };
  const git = async (...args: readonly string[]) => (await run('git', args, options)).stdout;
  try {
    const [files, status] = await Promise.all([
      git('ls-files', '--', tracked),
      git('status', '--porcelain=v2', '--branch', '--', '.'),
    ]);
    const [, id] = /^# branch\.oid ([0-9a-f]+)$/m.exec(status) ?? [];
    if (files === '' || id === undefined) return undefined;
    return { id, isChanged: status.split('\n').some((line) => line !== '' && !line.startsWith('#')) };
  } catch {
    return undefined;
  }
}

/** Whether a folder or one around it has a `.git`: starting git takes time. */
function isInRepository(folder: string): boolean {
  for (let each = resolve(folder); ; each = dirname(each)) {
    if (existsSync(join(each, '.git'))) return true;
    if (dirname(each) === each) return false;
  }
}
