import { mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import type { Home } from '../../src/os/home.ts';
import { buildHere, printedBy, someHome } from './build-in-process.ts';
import { folderWith } from './temp.ts';

/** A repository around a plan at `place`, and a home to build it in. */
export interface Repository {
  readonly root: string;
  readonly plan: string;
  readonly home: Home;
}

/** @param links the paths of links and their targets, both relative to the repository. */
export async function repositoryWith(
  files: Readonly<Record<string, string>>,
  { links = {}, place = 'plan' }: { links?: Readonly<Record<string, string>>; place?: string } = {},
): Promise<Repository> {
  const root = await folderWith(files);
  for (const [link, target] of Object.entries(links)) {
    await mkdir(dirname(join(root, link)), { recursive: true });
    await symlink(join(root, target), join(root, link));
  }
  return { root, plan: join(root, place), home: await someHome() };
}

/** Builds and runs the plan of a repository, and returns what it prints. */
export async function printed({ plan, home }: Repository, env?: NodeJS.ProcessEnv): Promise<string> {
  return await printedBy(await buildHere({ builder: 'exec:node', dir: plan, home, ...(env && { env }) }));
}

/** Checks that a file counts: a change gives a new artifact, and restoring it reuses the old one without a build. */
export async function expectCounts(
  repository: Repository,
  file: string,
  change: (text: string) => string,
  outputs: readonly [before: string, after: string],
  env?: NodeJS.ProcessEnv,
): Promise<void> {
  const build = () =>
    buildHere({ builder: 'exec:node', dir: repository.plan, home: repository.home, ...(env && { env }) });
  const idOf = async (key: string) => (await stat(join(repository.home.work, key))).ino;
  const path = join(repository.root, file);
  const text = await readFile(path, 'utf8');
  const first = await build();
  const id = await idOf(first.key);
  expect(await printedBy(first)).toBe(outputs[0]);
  await writeFile(path, change(text));
  const second = await build();
  expect([await printedBy(second), second.key === first.key]).toEqual([outputs[1], false]);
  await writeFile(path, text);
  const third = await build();
  expect([await printedBy(third), third.key, await idOf(third.key)]).toEqual([outputs[0], first.key, id]);
}
