import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Home } from '../../os/home.ts';
import { removeTree } from '../../os/remove-tree.ts';
import type { CommandArtifact } from '../../plan/artifact.ts';
import { asTyped } from '../../util/command-name.ts';
import { TgError } from '../../util/errors.ts';
import { didYouMean } from '../../util/suggest.ts';
import type { BuildRequest } from '../builder.ts';
import { stemOf } from './artifact-key.ts';
import { artifactIn, isArtifact, lackOf, recordFile } from './artifact-record.ts';
import { holderOf, isOwnBuild, leasesIn } from './leases.ts';
import { removeWork } from './remove-work.ts';

/**
 * The number of newest artifacts of a plan and builder that are always kept, and how long, in ms, others are kept
 * after their last use.
 */
const kept = { newest: 4, usedWithin: 7 * 24 * 60 * 60 * 1_000 };

const inputsEnding = '.inputs.json';
export const failureEnding = 'failed.log';

/** The kind of Cargo's target folders for plans. */
export const targetKind = 'cargo-target';

/** The log of the last failed build, if its output was too long to show. */
export function failureLog({ home, plan, spec }: Pick<BuildRequest, 'home' | 'plan' | 'spec'>): string {
  return join(home.work, `${stemOf(spec.builder, plan.name)}${failureEnding}`);
}

/** The file with the inputs other than sources that builds of the same sources have read. */
export function inputsFile(home: Home, key: string): string {
  return join(home.work, `${key}${inputsEnding}`);
}

/**
 * Finds the artifact of an earlier build.
 * @param asked its key, as printed by a build.
 * @throws TgError (usage) if there is no such key, or it belongs to another plan or builder.
 */
export async function findArtifact(
  home: Home,
  asked: string,
  builder: string,
  planName: string,
): Promise<CommandArtifact> {
  const dir = join(home.work, asked);
  const stem = stemOf(builder, planName);
  const known = await keysOf(home, stem);
  if (known.includes(asked)) {
    const artifact = await artifactIn(dir);
    if (artifact !== undefined) return artifact;
    throw new TgError('usage', `the artifact "${asked}" is incomplete: ${await lackOf(dir)} is missing`, {
      where: dir,
      hint: `Build it again (${asTyped('build')}), or omit the artifact.`,
    });
  }
  const others = (await namesAt(home, 'exec-', /-[0-9a-f]{12}$/)).includes(asked);
  throw new TgError(
    'usage',
    others ? `the artifact "${asked}" belongs to another plan or builder` : `there is no artifact "${asked}"`,
    {
      where: home.work,
      hint:
        known.length === 0
          ? `There is none for ${planName} with ${builder}: build it (${asTyped('build')}), or omit the artifact; a key is valid only on the machine of its build.`
          : didYouMean(asked, known, 'artifact'),
    },
  );
}

/** Removes old, unused artifacts and work of the same kind as a new artifact. */
export async function removeOld(home: Home, newest: string): Promise<void> {
  const stem = newest.slice(0, newest.lastIndexOf('-') + 1);
  const artifacts = await unusedOf(home, await keysOf(home, stem), (key) => join(key, recordFile));
  const lists = await unusedOf(
    home,
    await namesAt(home, stem, /^[0-9a-f]{12}\.inputs\.json$/),
    (name) => name,
  );
  const leases = (await leasesIn(home)).filter((lease) => !isOwnBuild(lease));
  // Best effort: the next build retries.
  for (const key of artifacts)
    if (holderOf(key, leases) === undefined && (await isArtifact(join(home.work, key))))
      await removeWork(home, join(home.work, key));
  for (const name of lists) await removeTree(join(home.work, name));
}

/** Those that are neither among the newest nor recently used. @param touched the file that is touched at each use. */
async function unusedOf(
  home: Home,
  names: readonly string[],
  touched: (name: string) => string,
): Promise<string[]> {
  const aged = await Promise.all(
    names.map(async (name) => {
      const used = await stat(join(home.work, touched(name))).catch(() => undefined);
      return { name, used: used?.mtimeMs ?? Date.now() };
    }),
  );
  const old = aged.sort((a, b) => b.used - a.used).slice(kept.newest);
  return old.filter(({ used }) => used < Date.now() - kept.usedWithin).map(({ name }) => name);
}

function keysOf(home: Home, stem: string): Promise<string[]> {
  return namesAt(home, stem, /^[0-9a-f]{12}$/);
}

/** Names in the home that start with a stem and match a pattern after it. */
async function namesAt(home: Home, stem: string, rest: RegExp): Promise<string[]> {
  const names = await readdir(home.work).catch(() => []);
  return names.filter((name) => name.startsWith(stem) && rest.test(name.slice(stem.length)));
}
