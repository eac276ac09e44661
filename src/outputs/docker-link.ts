import { lstat, mkdir, rm, rmdir, symlink } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { messageOf } from '../util/errors.ts';

/** Where Testground puts the outputs of this runner; local:exec replaces it here. */
const docker = { runner: 'local:docker', folder: 'local_docker' } as const;

/**
 * Links the outputs of a run from where the requested runner would have put them, `data/outputs/local_docker/<plan>`.
 * All other code looks for runs below `local_exec` only.
 * @returns why the link could not be made, if it is needed.
 */
export async function linkForDocker(
  runDir: string,
  askedRunner: string | undefined,
): Promise<string | undefined> {
  if (askedRunner !== docker.runner) return undefined;
  const link = linkTo(runDir);
  try {
    await mkdir(dirname(link), { recursive: true });
    await symlink(relative(dirname(link), runDir), link);
    return undefined;
  } catch (error) {
    return `cannot link the outputs at ${link}: ${messageOf(error)}`;
  }
}

/** Removes the link to a run's outputs, and its folder once that is empty. */
export async function removeDockerLink(runDir: string): Promise<void> {
  const link = linkTo(runDir);
  const there = await lstat(link).catch(() => undefined);
  if (!there?.isSymbolicLink()) return;
  await rm(link, { force: true }).catch(() => {});
  await rmdir(dirname(link)).catch(() => {});
}

/** The link to `<outputs>/local_exec/<plan>/<run id>` is `<outputs>/local_docker/<plan>/<run id>`. */
function linkTo(runDir: string): string {
  const plan = dirname(runDir);
  return join(dirname(dirname(plan)), docker.folder, basename(plan), basename(runDir));
}
