import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as z from 'zod';
import { messageOf, TgError } from '../errors.ts';
import type { Home } from '../home.ts';
import { didYouMean } from '../nearest.ts';
import { unfinishedEnding } from '../temp-folder.ts';
import type { Artifact } from './builder.ts';

/** What an artifact keeps about itself. */
const recordSchema = z.object({
  version: z.literal(2),
  /** `{artifact}` stands for the artifact's folder, `{node}` for the Node that tg runs on. */
  command: z.tuple([z.string()], z.string()),
  sdk: z.boolean(),
  traits: z.object({ dialsByName: z.boolean(), reopensStreams: z.boolean(), stacksOnQuit: z.boolean() }),
});

export type ArtifactRecord = Omit<z.output<typeof recordSchema>, 'version'>;

/** It is touched when the artifact is used. */
export const recordFile = 'artifact.json';
/** The folder inside an artifact that holds what the plan ships. */
export const planFolder = 'plan';
/** So many artifacts of a plan and builder are kept however old, and the others as long as they are used, in ms. */
const kept = { newest: 4, usedWithin: 7 * 24 * 60 * 60 * 1_000 };

/** The kind of folder in which Cargo keeps what it compiled for a plan. */
export const targetKind = 'cargo-target';

/** What artifacts of a builder and a plan are called, without their digest. */
function stemOf(builder: string, planName: string): string {
  return `${builder.replace(':', '-')}--${basename(planName).replace(/[^\w.@+-]+/g, '-')}-`;
}

/** The key of the artifact that a builder makes of a plan, where a digest says from what. */
export function artifactKey(builder: string, planName: string, digest: string): string {
  return stemOf(builder, planName) + digest;
}

/**
 * The artifact with that key: the one that is there, or a new one, made under another name and renamed: it is there
 * complete or not at all, whoever else makes it too.
 * @param make fills a folder, and says how the artifact is run.
 */
export async function artifactOr(
  home: Home,
  key: string,
  make: (dir: string) => Promise<ArtifactRecord>,
): Promise<Artifact> {
  const dir = join(home.work, key);
  if (!(await isCurrent(dir))) {
    const partial = `${dir}.${unfinishedEnding}`;
    try {
      await rm(partial, { recursive: true, force: true });
      await mkdir(join(partial, planFolder), { recursive: true });
      const record = await make(partial);
      await writeFile(join(partial, recordFile), JSON.stringify({ version: 2, ...record }, null, 2));
      await place(partial, dir);
    } finally {
      await rm(partial, { recursive: true, force: true });
    }
    await removeOld(home, key);
  }
  return await readArtifact(dir);
}

/** Whether a complete artifact is there that this version of tg understands. */
async function isCurrent(dir: string): Promise<boolean> {
  try {
    return recordSchema.safeParse(JSON.parse(await readFile(join(dir, recordFile), 'utf8'))).success;
  } catch {
    // Not there, or torn.
    return false;
  }
}

async function place(partial: string, dir: string): Promise<void> {
  if (existsSync(dir) && !(await isCurrent(dir))) await rm(dir, { recursive: true, force: true });
  await rename(partial, dir).catch(async (error: unknown) => {
    if (!(await isCurrent(dir))) throw error;
  });
}

async function readArtifact(dir: string): Promise<Artifact> {
  const file = join(dir, recordFile);
  const { version: _, command, ...rest } = recordSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  const inPlace = (word: string) => word.replace('{artifact}', dir).replace('{node}', process.execPath);
  const [program, ...args] = command;
  const now = new Date();
  // When it was last used: a read-only home is no reason not to run.
  await utimes(file, now, now).catch(() => {});
  return {
    key: basename(dir),
    command: [inPlace(program), ...args.map(inPlace)],
    dir: join(dir, planFolder),
    ...rest,
  };
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
  if (known.includes(asked) && (await isCurrent(dir))) return await readArtifact(dir);
  const others = (await namesAt(home, 'exec-', /-[0-9a-f]{12}$/)).includes(asked);
  throw new TgError(
    'usage',
    others ? `the artifact "${asked}" is of another plan or builder` : `there is no artifact "${asked}"`,
    {
      where: home.work,
      hint:
        known.length === 0
          ? `There is none of ${planName} with ${builder}: build it (tg build), or leave the artifact out; keys are those of one machine.`
          : didYouMean(asked, known, 'artifact'),
    },
  );
}

/** Removes all that builds of a plan with a builder have left. @returns the keys of the artifacts. */
export async function purgeArtifacts(home: Home, builder: string, planName: string): Promise<string[]> {
  const keys = await keysOf(home, stemOf(builder, planName));
  // What was compiled on the way, and what a build left that was killed.
  const kinds = builder === 'exec:rust' ? [builder, targetKind] : [builder];
  const left = await Promise.all(
    kinds.map((kind) => namesAt(home, stemOf(kind, planName), /^[0-9a-f]{12}(\.[0-9a-f]+\.partial)?$/)),
  );
  for (const name of left.flat()) await removeFolder(join(home.work, name));
  return keys;
}

async function removeOld(home: Home, newest: string): Promise<void> {
  const stem = newest.slice(0, newest.lastIndexOf('-') + 1);
  const aged = await Promise.all(
    (await keysOf(home, stem)).map(async (key) => {
      const used = await stat(join(home.work, key, recordFile)).catch(() => undefined);
      return { key, used: used?.mtimeMs ?? Date.now() };
    }),
  );
  const old = aged.sort((a, b) => b.used - a.used).slice(kept.newest);
  const unused = old.filter(({ used }) => used < Date.now() - kept.usedWithin);
  // Tidying up: what cannot be removed is tried again next time.
  for (const { key } of unused) await removeFolder(join(home.work, key)).catch(() => {});
}

function keysOf(home: Home, stem: string): Promise<string[]> {
  return namesAt(home, stem, /^[0-9a-f]{12}$/);
}

/** What lies in the home whose name begins with a stem and goes on in a certain way. */
async function namesAt(home: Home, stem: string, rest: RegExp): Promise<string[]> {
  const names = await readdir(home.work).catch(() => []);
  return names.filter((name) => name.startsWith(stem) && rest.test(name.slice(stem.length)));
}

async function removeFolder(dir: string): Promise<void> {
  await rm(dir, { recursive: true, force: true }).catch((cause: unknown) => {
    throw new TgError('environment', `cannot be removed: ${messageOf(cause)}`, {
      where: dir,
      hint: 'Mend its permissions.',
      cause,
    });
  });
}
