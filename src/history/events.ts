import { join } from 'node:path';
import { createInterface } from 'node:readline';
import * as z from 'zod';
import { parseRecord } from '../outputs/journal.ts';
import { runFiles } from '../outputs/layout.ts';
import { contentOf } from '../outputs/untrusted-file.ts';
import { instanceKinds, instanceTag } from '../plan/instance-id.ts';
import { faultLine } from '../run/faults/fault-line.ts';
import { stallSnapshotSchema } from '../run/stall/stall-schema.ts';
import { stallLines } from '../run/stall/stall-text.ts';
import { messageOf, TgError } from '../util/errors.ts';
import { currentRecord } from './earlier-records.ts';

/** An event of a run that is not a line of an instance. */
export interface Notice {
  readonly at: number;
  readonly level: 'INFO' | 'WARN';
  readonly text: string;
  readonly fields?: Readonly<Record<string, unknown>> | undefined;
}

const instance = z.object({ group: z.string(), index: z.int() });
/** Earlier versions refer to an instance otherwise. */
const ref = z
  .object({
    kind: z.enum(instanceKinds),
    id: z.string(),
    startTicks: z.string().optional(),
    boot: z.string().optional(),
  })
  .optional()
  .catch(undefined);
/** Null is unknown. */
const known = z.number().nullable();
const record = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('notice'),
    at: z.coerce.date(),
    level: z.enum(['INFO', 'WARN']),
    text: z.string(),
    fields: z.record(z.string(), z.unknown()).optional(),
  }),
  z.object({ type: z.literal('run-started'), at: z.coerce.date() }),
  z.object({ type: z.literal('instance-started'), at: z.coerce.date(), instance, ref }),
  z.object({ type: z.literal('instance-restarted'), at: z.coerce.date(), instance, ref }),
  z.object({ type: z.literal('instance-held'), at: z.coerce.date(), instance, script: z.string() }),
  z.object({ type: z.literal('instance-exited'), at: z.coerce.date(), instance }),
  z.object({ type: z.literal('instance-not-started'), at: z.coerce.date(), instance, reason: z.string() }),
  z.object({
    type: z.literal('stalled'),
    at: z.coerce.date(),
    forMs: z.number(),
    reported: z.boolean(),
    snapshot: stallSnapshotSchema,
  }),
  z.object({ type: z.literal('resumed'), at: z.coerce.date() }),
  z.object({
    ...{ type: z.literal('machine'), at: z.coerce.date(), forMs: z.number(), cores: z.number() },
    ...{ cpu: known, steal: known, memory: known, load: known },
    groups: z.array(z.object({ id: z.string(), processors: z.number(), bytes: z.number() })),
  }),
  z.object({ type: z.literal('abandoned'), at: z.coerce.date(), why: z.string() }),
  z.object({ type: z.literal('stopping'), at: z.coerce.date(), stop: z.object({ why: z.string() }) }),
  z.object({
    ...{ type: z.literal('network-configured'), at: z.coerce.date(), notApplied: z.array(z.string()) },
    // Missing in journals of earlier versions.
    ...{ instance: instance.optional().catch(undefined), applied: z.array(z.string()).catch([]) },
    tookMs: z.number().nullable().catch(null),
  }),
  z.object({
    ...{ type: z.literal('fault'), at: z.coerce.date(), fault: z.number(), text: z.string() },
    ...{ kind: z.string(), did: z.enum(['inject', 'heal', 'fail']), nth: z.number().default(0) },
    instances: z.array(instance).default([]),
    why: z.string().default(''),
  }),
  z.object({ type: z.literal('run-ended'), at: z.coerce.date(), outcome: z.string() }),
]);

export type JournalRecord = z.output<typeof record>;

/** Parses a line of a journal; undefined for records that the history does not use. */
export function readJournalLine(line: string): JournalRecord | undefined {
  return record.safeParse(currentRecord(parseRecord(line))).data;
}

/** The records of a run's journal so far, in order, without those that the history does not use. */
export async function* readJournal(dir: string): AsyncGenerator<JournalRecord> {
  const file = join(dir, runFiles.journal);
  for await (const line of createInterface({ input: opened(file, () => contentOf(file)) })) {
    const its = readJournalLine(line);
    if (its !== undefined) yield its;
  }
}

/** @throws TgError (collect) if `open` throws. */
function opened<T>(file: string, open: () => T): T {
  try {
    return open();
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

/** The error for a file of a run that cannot be read. */
export function unreadable(file: string, cause: unknown): TgError {
  return new TgError('collect', `it cannot be read: ${messageOf(cause)}`, {
    where: file,
    hint: 'Fix its permissions, or remove what is there instead.',
    cause,
  });
}

/** The lines to show for a journal record. */
export function noticesOf(its: JournalRecord): Notice[] {
  const at = its.at.getTime();
  const warned = (...lines: readonly string[]) => lines.map((text): Notice => ({ at, level: 'WARN', text }));
  switch (its.type) {
    case 'notice':
      return [{ at, level: its.level, text: its.text, fields: its.fields }];
    case 'run-started':
      return [{ at, level: 'INFO', text: 'starting run' }];
    case 'instance-held':
      return warned(`${instanceTag(its.instance)} is held; start it with ${its.script}`);
    case 'instance-not-started':
      return warned(`${instanceTag(its.instance)}: ${its.reason}`);
    case 'stalled':
      return its.reported ? warned(...stallLines(its)) : [];
    case 'fault':
      return [{ at, level: its.did === 'fail' ? 'WARN' : 'INFO', text: faultLine(its) }];
    case 'abandoned':
      return warned(`the run is abandoned: ${its.why}`);
    case 'stopping':
      return warned(`ending the run: ${its.stop.why}`);
    default:
      return [];
  }
}

/** The start of a run and the ends of its instances, in ms since the epoch, and the other events of its journal. */
export interface RunHistory {
  readonly began: number;
  readonly endedAt: ReadonlyMap<string, number>;
  readonly notices: readonly Notice[];
}

/** Reads the story of a run from its journal. */
export async function readHistory(dir: string): Promise<RunHistory> {
  return historyOf(await journalOf(dir));
}

/** All records of a run's journal so far. */
export async function journalOf(dir: string): Promise<readonly JournalRecord[]> {
  const records: JournalRecord[] = [];
  for await (const its of readJournal(dir)) records.push(its);
  return records;
}

/** Collects the story of a run from its journal records. */
export function historyOf(journal: Iterable<JournalRecord>): RunHistory {
  let began = 0;
  const endedAt = new Map<string, number>();
  const notices: Notice[] = [];
  for (const its of journal) {
    if (began === 0 || its.type === 'run-started') began = its.at.getTime();
    if (its.type === 'instance-exited') endedAt.set(instanceTag(its.instance), its.at.getTime());
    notices.push(...noticesOf(its));
  }
  return { began, endedAt, notices };
}
