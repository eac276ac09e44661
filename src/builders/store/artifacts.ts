import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Home } from '../../os/home.ts';
import { removeTree } from '../../os/remove-tree.ts';
import { asTyped } from '../../util/command-name.ts';
import { TgError } from '../../util/errors.ts';
import { didYouMean } from '../../util/suggest.ts';
import type { Artifact, BuildRequest } from '../builder.ts';
import { artifactIn, isArtifact, lackOf, recordFile } from './artifact-record.ts';
import { holderOf, isOwnBuild, leasesIn } from './leases.ts';
import { removeWork } from './remove-work.ts';

/** So many artifacts of a plan and builder are kept however old, and the others as long as they are used, in ms. */
const kept = { newest: 4, usedWithin: 7 * 24 * 60 * 60 * 1_000 };

const inputsEnding = '.inputs.json';
export const failureEnding = 'failed.log';

/** The kind of folder in which Cargo keeps what it compiled for a plan. */
export const targetKind = 'cargo-target';

/** What artifacts of a builder and a plan are called, without their digest. */
export function stemOf(builder: string, planName: string): string {
  return `${builder.replace(':', '-')}--${basename(planName).replace(/[^\w.@+-]+/g, '-')}-`;
}

/** The key of the artifact that a builder makes of a plan, where a digest says from what. */
export function artifactKey(builder: string, planName: string, digest: string): string {
  return stemOf(builder, planName) + digest;
}

/** The file with all that the tool has said that made the last build fail, where it was much. */
export function failureLog({ home, plan, spec }: Pick<BuildRequest, 'home' | 'plan' | 'spec'>): string {
  return join(home.work, `${stemOf(spec.builder, plan.name)}${failureEnding}`);
}

/** The file that says what builds of the same sources have read beside them. */
export function inputsFile(home: Home, key: string): string {
  return join(home.work, `${key}${inputsEnding}`);
}

/**
 * The artifact of an earlier build.
 * @param asked its key, as a build prints it.
 * @throws TgError (usage) when there is none of that key, or it is another plan's or builder's.
 */
export async function findArtifact(
  home: Home,
  asked: string,
  builder: string,
  planName: string,
): Promise<Artifact> {
  const dir = join(home.work, asked);
  const stem = stemOf(builder, planName);
  const known = await keysOf(home, stem);
  if (known.includes(asked)) {
    const artifact = await artifactIn(dir);
    if (artifact !== undefined) return artifact;
    throw new TgError('usage', `the artifact "${asked}" is incomplete: ${await lackOf(dir)} is gone`, {
      where: dir,
      hint: `Build it again (${asTyped('build')}), or leave the artifact out.`,
    });
  }
  const others = (await namesAt(home, 'exec-', /-[0-9a-f]{12}$/)).includes(asked);
  throw new TgError(
    'usage',
    others ? `the artifact "${asked}" is of another plan or builder` : `there is no artifact "${asked}"`,
    {
      where: home.work,
      hint:
        known.length === 0
          ? `There is none of ${planName} with ${builder}: build it (${asTyped('build')}), or leave the artifact out; keys are those of one machine.`
          : didYouMean(asked, known, 'artifact'),
    },
  );
}

/** Removes what was not used for long, and is not used now, of what is like an artifact that is new. */
export async function removeOld(home: Home, newest: string): Promise<void> {
  const stem = newest.slice(0, newest.lastIndexOf('-') + 1);
  const artifacts = await unusedOf(home, await keysOf(home, stem), (key) => join(key, recordFile));
  const lists = await unusedOf(
    home,
    await namesAt(home, stem, /^[0-9a-f]{12}\.inputs\.json$/),
    (name) => name,
  );
  const leases = (await leasesIn(home)).filter((lease) => !isOwnBuild(lease));
  // Tidying up: what cannot be removed is tried again next time.
  for (const key of artifacts)
    if (holderOf(key, leases) === undefined && (await isArtifact(join(home.work, key))))
      await removeWork(home, join(home.work, key));
  for (const name of lists) await removeTree(join(home.work, name));
}

/** Those that are neither among the newest nor were used lately. @param touched the file that is touched at each use. */
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

/** What lies in the home whose name begins with a stem and goes on in a certain way. */
async function namesAt(home: Home, stem: string, rest: RegExp): Promise<string[]> {
  const names = await readdir(home.work).catch(() => []);
  return names.filter((name) => name.startsWith(stem) && rest.test(name.slice(stem.length)));
}
