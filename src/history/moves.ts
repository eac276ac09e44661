import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import * as z from 'zod';
import { runFiles } from '../outputs/layout.ts';

const who = { at: z.number(), group: z.string(), index: z.int() };
const move = z.discriminatedUnion('did', [
  z.object({ ...who, did: z.literal('signal'), state: z.string(), seq: z.int() }),
  z.object({
    ...who,
    did: z.enum(['wait', 'pass', 'leave']),
    state: z.string(),
    target: z.int().nullable(),
  }),
  z.object({ ...who, did: z.literal('publish'), topic: z.string() }),
  z.object({ ...who, did: z.literal('more'), count: z.int() }),
]);

/**
 * What an instance did at the sync service, `at` ms since the epoch: `signal` and `publish`; `wait` at a barrier, which ends with
 * `pass` or `leave`; `more` is how many moves of it are not on record.
 */
export type MoveRecord = Readonly<z.output<typeof move>>;

/** What the instances of a run did at the sync service so far, nearly in the order of their times; nothing where none did. */
export async function* readMoves(dir: string): AsyncGenerator<MoveRecord> {
  const file = join(dir, runFiles.moves);
  if (!existsSync(file)) return;
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const its = readMove(line);
    if (its !== undefined) yield its;
  }
}

function readMove(line: string): MoveRecord | undefined {
  try {
    return move.safeParse(JSON.parse(line)).data;
  } catch {
    // The last line may not be whole yet.
    return undefined;
  }
}
