import { existsSync } from 'node:fs';
import { lstat, readFile, rename, utimes } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as z from 'zod';
import { writeNewAtomically } from '../../os/atomic-write.ts';
import { removeTreeOrThrow } from '../../os/remove-tree.ts';
import type { CommandArtifact } from '../../plan/artifact.ts';

/** A word of an artifact's command line: a text, a file below the artifact's folder, or the Node that tg runs on. */
const wordSchema = z.union([
  z.string(),
  z.strictObject({ artifact: z.string() }),
  z.strictObject({ tool: z.literal('node') }),
]);

/** The record of an artifact. */
const recordSchema = z.object({
  version: z.literal(3),
  command: z.tuple([wordSchema], wordSchema),
  sdk: z.boolean(),
  traits: z.object({ dialsByName: z.boolean(), reopensStreams: z.boolean(), stacksOnQuit: z.boolean() }),
  /** Its required parts, below its folder: links must resolve. */
  parts: z.array(z.string()),
});

export type ArtifactRecord = Omit<z.output<typeof recordSchema>, 'version'>;

/** Touched when the artifact is used. */
export const recordFile = 'artifact.json';
/** The folder inside an artifact with the plan's files. */
export const planFolder = 'plan';

/** Writes the record that completes an artifact, atomically. */
export async function writeRecord(dir: string, record: ArtifactRecord): Promise<void> {
  await writeNewAtomically(join(dir, recordFile), JSON.stringify({ version: 3, ...record }, null, 2));
}

/** @returns undefined if there is no artifact, or it has an unknown version. */
async function readRecord(dir: string): Promise<ArtifactRecord | undefined> {
  try {
    return recordSchema.parse(JSON.parse(await readFile(join(dir, recordFile), 'utf8')));
  } catch {
    // Missing or truncated.
    return undefined;
  }
}

/** The record of an artifact of any version of tg. */
const anyRecord = z.looseObject({ version: z.int(), command: z.array(z.unknown()).min(1) });

/** Whether a folder is an artifact, of any version of tg. */
export async function isArtifact(dir: string): Promise<boolean> {
  const file = join(dir, recordFile);
  const [folder, record] = await Promise.all([dir, file].map((path) => lstat(path).catch(() => undefined)));
  if (folder?.isDirectory() !== true || record?.isFile() !== true) return false;
  const read = async () => anyRecord.safeParse(JSON.parse(await readFile(file, 'utf8'))).success;
  return await read().catch(() => false);
}

/** Describes what an artifact lacks; undefined if it is complete. */
export async function lackOf(dir: string): Promise<string | undefined> {
  const record = await readRecord(dir);
  return record === undefined ? recordFile : missingPart(dir, record);
}

function missingPart(dir: string, { parts }: ArtifactRecord): string | undefined {
  return parts.find((part) => !existsSync(join(dir, part)));
}

/** The artifact in a folder; undefined if it is missing or incomplete. */
export async function artifactIn(dir: string): Promise<CommandArtifact | undefined> {
  const record = await readRecord(dir);
  if (record === undefined || missingPart(dir, record) !== undefined) return undefined;
  const { command, sdk, traits } = record;
  const inPlace = (word: z.output<typeof wordSchema>) => {
    if (typeof word === 'string') return word;
    return 'artifact' in word ? join(dir, word.artifact) : process.execPath;
  };
  const [program, ...args] = command;
  const now = new Date();
  // The time of its last use; a read-only home is not an error.
  await utimes(join(dir, recordFile), now, now).catch(() => {});
  return {
    kind: 'command',
    key: basename(dir),
    command: [inPlace(program), ...args.map(inPlace)],
    dir: join(dir, planFolder),
    sdk,
    traits,
  };
}

/**
 * Renames a complete folder to its final name, unless another process did so first. An incomplete artifact there is
 * replaced.
 */
export async function placeArtifact(partial: string, dir: string): Promise<void> {
  if (existsSync(dir) && (await lackOf(dir)) !== undefined) await removeTreeOrThrow(dir);
  await rename(partial, dir).catch(async (error: unknown) => {
    if ((await lackOf(dir)) !== undefined) throw error;
  });
}
