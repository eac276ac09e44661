import { mkdir, readFile, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as z from 'zod';
import { writeNewAtomically } from '../../os/atomic-write.ts';
import { areUnchanged, type KnownInput } from './inputs.ts';

/** An input as stored in a file. */
export const inputSchema = z.object({
  kind: z.enum(['file', 'folder', 'listing', 'variable', 'result']),
  name: z.string(),
  content: z.string(),
});
const indexSchema = z.object({ version: z.literal(1), sets: z.array(z.array(inputSchema)) });

/** The maximum number of input sets remembered for the same sources. */
const maxSets = 8;

/**
 * The input sets of builds of the same sources, newest first, each with the values it had. A set identifies an
 * artifact while all its values are unchanged; otherwise a build determines the inputs again.
 */
export async function knownSets(file: string): Promise<readonly (readonly KnownInput[])[]> {
  try {
    return indexSchema.parse(JSON.parse(await readFile(file, 'utf8'))).sets;
  } catch {
    // Missing, truncated, or of another version: a build determines the inputs again.
    return [];
  }
}

/**
 * The set whose values are all unchanged; empty if builds are known to read no other inputs, and undefined if a
 * build must determine them again.
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
    // The time of its last use; a read-only home is not an error.
    await utimes(file, now, now).catch(() => {});
    return set;
  }
  return undefined;
}

/** Records the inputs of a build. */
export async function rememberSet(file: string, set: readonly KnownInput[]): Promise<void> {
  const same = JSON.stringify(set);
  const others = (await knownSets(file)).filter((other) => JSON.stringify(other) !== same);
  await mkdir(dirname(file), { recursive: true });
  await writeNewAtomically(file, JSON.stringify({ version: 1, sets: [set, ...others].slice(0, maxSets) }));
}
