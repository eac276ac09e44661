import { mkdir, readFile, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as z from 'zod';
import { writeNewAtomically } from '../../os/atomic-write.ts';
import { areUnchanged, type KnownInput } from './inputs.ts';

/** An input as it is kept in a file. */
export const inputSchema = z.object({
  kind: z.enum(['file', 'folder', 'listing', 'variable', 'result']),
  name: z.string(),
  content: z.string(),
});
const indexSchema = z.object({ version: z.literal(1), sets: z.array(z.array(inputSchema)) });

/** The most sets of inputs that are remembered for the same sources. */
const mostSets = 8;

/**
 * What builds of the same sources have read beside them, newest first: each set with what it held. A set says how an artifact
 * is found as long as all of it holds the same; a build finds it anew otherwise.
 */
export async function knownSets(file: string): Promise<readonly (readonly KnownInput[])[]> {
  try {
    return indexSchema.parse(JSON.parse(await readFile(file, 'utf8'))).sets;
  } catch {
    // Not there, torn, or of another version: a build finds it anew.
    return [];
  }
}

/**
 * The set of which everything holds what it held; an empty one where builds have read nothing beside the sources, as far as is
 * known, and undefined where a build is to find it anew.
 */
export async function currentSet(
  file: string,
  env: NodeJS.ProcessEnv,
): Promise<readonly KnownInput[] | undefined> {
  const sets = await knownSets(file);
  if (sets.length === 0) return [];
  for (const set of sets) {
    if (!(await areUnchanged(set, env))) continue;
    const now = new Date();
    // When it was last used: a read-only home is no reason not to run.
    await utimes(file, now, now).catch(() => {});
    return set;
  }
  return undefined;
}

/** Remembers what a build has read. */
export async function rememberSet(file: string, set: readonly KnownInput[]): Promise<void> {
  const same = JSON.stringify(set);
  const others = (await knownSets(file)).filter((other) => JSON.stringify(other) !== same);
  await mkdir(dirname(file), { recursive: true });
  await writeNewAtomically(file, JSON.stringify({ version: 1, sets: [set, ...others].slice(0, mostSets) }));
}
