import { existsSync } from 'node:fs';
import { lstat, mkdir, readdir, readFile, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as z from 'zod';
import { TgError } from '../errors.ts';
import type { Home } from '../home.ts';
import { didYouMean } from '../nearest.ts';
import { removeTree, removeTreeOrThrow } from '../remove-tree.ts';
import { unfinishedEnding } from '../temp-folder.ts';
import type { Artifact } from './builder.ts';
import { holderOf, isOwnBuild, leasesIn } from './leases.ts';
import { removeWork } from './remove-work.ts';

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
export function stemOf(builder: string, planName: string): string {
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
      await removeTreeOrThrow(partial);
      await mkdir(join(partial, planFolder), { recursive: true });
      const record = await make(partial);
      await writeFile(join(partial, recordFile), JSON.stringify({ version: 2, ...record }, null, 2));
      await place(partial, dir);
    } finally {
      await removeTree(partial);
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

/** What an artifact of any version of tg says of itself. */
const anyRecord = z.looseObject({ version: z.int(), command: z.array(z.string()).min(1) });

/** Whether tg has made a folder as an artifact, of whatever version. */
export async function isArtifact(dir: string): Promise<boolean> {
  const file = join(dir, recordFile);
  const [folder, record] = await Promise.all([dir, file].map((path) => lstat(path).catch(() => undefined)));
  if (folder?.isDirectory() !== true || record?.isFile() !== true) return false;
  const read = async () => anyRecord.safeParse(JSON.parse(await readFile(file, 'utf8'))).success;
  return await read().catch(() => false);
}

async function place(partial: string, dir: string): Promise<void> {
  if (existsSync(dir) && !(await isCurrent(dir))) await removeTreeOrThrow(dir);
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
  const leases = (await leasesIn(home)).filter((lease) => !isOwnBuild(lease));
  // Tidying up: what cannot be removed is tried again next time.
  for (const { key } of unused)
    if (holderOf(key, leases) === undefined && (await isArtifact(join(home.work, key))))
      await removeWork(home, join(home.work, key));
}

function keysOf(home: Home, stem: string): Promise<string[]> {
  return namesAt(home, stem, /^[0-9a-f]{12}$/);
}

/** What lies in the home whose name begins with a stem and goes on in a certain way. */
async function namesAt(home: Home, stem: string, rest: RegExp): Promise<string[]> {
  const names = await readdir(home.work).catch(() => []);
  return names.filter((name) => name.startsWith(stem) && rest.test(name.slice(stem.length)));
}
