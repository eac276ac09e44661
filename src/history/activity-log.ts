import { join } from 'node:path';
import * as z from 'zod';
import { runFiles } from '../outputs/layout.ts';
import { readText } from '../outputs/untrusted-file.ts';
import { codeOf, messageOf } from '../util/errors.ts';

const who = { at: z.number(), group: z.string(), index: z.int() };
const entrySchema = z.discriminatedUnion('did', [
  z.object({ ...who, did: z.literal('signal'), state: z.string(), seq: z.int() }),
  z.object({
    ...who,
    did: z.enum(['wait', 'pass', 'leave']),
    state: z.string(),
    target: z.int().nullable(),
  }),
  z.object({ ...who, did: z.literal('publish'), topic: z.string(), seq: z.int().optional() }),
  z.object({ ...who, did: z.literal('receive'), topic: z.string(), seq: z.int(), count: z.int() }),
  z.object({ ...who, did: z.enum(['more', 'more-received']), count: z.int() }),
]);

/**
 * An operation of an instance at the sync service, `at` ms since the epoch: `signal`, `publish`, and `receive` of
 * `count` messages from number `seq` on; `wait` at a barrier, which ends with `pass` or `leave`; `more` is the number of
 * operations, and `more-received` of receipts, that were not recorded.
 */
export type ActivityRecord = Readonly<z.output<typeof entrySchema>>;

/**
 * Reads what the instances of a run have done at the sync service so far, nearly in order of time. The writer
 * bounds its size.
 * @param onUnread called with a message for what could not be read.
 */
export function readActivity(dir: string, onUnread: (problem: string) => void): readonly ActivityRecord[] {
  const lines = textOf(join(dir, runFiles.activity), onUnread)
    .split('\n')
    .filter((line) => line !== '');
  const entries = lines.flatMap((line) => readEntry(line) ?? []);
  const unread = lines.length - entries.length;
  if (unread > 0) onUnread(`${unread} line${unread === 1 ? '' : 's'} of ${runFiles.activity} cannot be read`);
  return entries;
}

function textOf(file: string, onUnread: (problem: string) => void): string {
  try {
    return readText(file);
  } catch (error) {
    const why = codeOf(error) === 'ENOENT' ? 'is missing' : `cannot be read: ${messageOf(error)}`;
    onUnread(`${runFiles.activity} ${why}: the times of waits are unknown`);
    return '';
  }
}

function readEntry(line: string): ActivityRecord | undefined {
  try {
    return entrySchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
