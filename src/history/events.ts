import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setImmediate as nextTurn } from 'node:timers/promises';
import * as z from 'zod';
import { messageOf, TgError } from '../errors.ts';
import { InstanceMasks } from '../outputs/instance-masks.ts';
import { instanceDirOf, instanceFiles, runFiles } from '../outputs/layout.ts';
import { Mask } from '../outputs/mask.ts';
import { Tail } from '../outputs/tail.ts';
import { contentOf, whatIsAt } from '../outputs/untrusted-file.ts';
import { processIdSchema } from '../process-id.ts';
import type { RunEvent } from '../run/events.ts';
import { type InstanceId, instanceTag } from '../run/instance-id.ts';
import { lineEvent } from '../run/line-event.ts';
import { maskedLine } from '../run/masked-event.ts';
import { standingSchema } from '../run/standstill/standing.ts';
import { stallLines } from '../run/standstill/standing-words.ts';
import { merged, type Timed } from './merged.ts';

type LineEvent = Extract<RunEvent, { type: 'line' }>;

/** What is told of a run that is not a line of an instance, with the time. */
export interface Told {
  readonly at: number;
  readonly level: 'INFO' | 'WARN';
  readonly text: string;
  readonly fields?: Readonly<Record<string, unknown>> | undefined;
}

const instance = z.object({ group: z.string(), index: z.int() });
const record = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('notice'),
    at: z.coerce.date(),
    level: z.enum(['INFO', 'WARN']),
    text: z.string(),
    fields: z.record(z.string(), z.unknown()).optional(),
  }),
  z.object({ type: z.literal('run-started'), at: z.coerce.date() }),
  z.object({ type: z.literal('instance-started'), at: z.coerce.date(), instance, process: processIdSchema }),
  z.object({ type: z.literal('instance-held'), at: z.coerce.date(), instance, script: z.string() }),
  z.object({ type: z.literal('instance-exited'), at: z.coerce.date(), instance }),
  z.object({ type: z.literal('instance-not-started'), at: z.coerce.date(), instance, reason: z.string() }),
  z.object({
    type: z.literal('stalled'),
    at: z.coerce.date(),
    forMs: z.number(),
    told: z.boolean(),
    standing: standingSchema,
  }),
  z.object({ type: z.literal('resumed'), at: z.coerce.date() }),
  z.object({ type: z.literal('given-up'), at: z.coerce.date(), why: z.string() }),
  z.object({ type: z.literal('stopping'), at: z.coerce.date(), stop: z.object({ why: z.string() }) }),
  z.object({ type: z.literal('run-ended'), at: z.coerce.date(), outcome: z.string() }),
]);

export type JournalRecord = z.output<typeof record>;

/** A line of a journal; undefined for what tells nothing here. */
export function readJournalLine(line: string): JournalRecord | undefined {
  try {
    return record.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** What a run's journal says so far, in its order; what tells nothing here is left out. */
export async function* readJournal(dir: string): AsyncGenerator<JournalRecord> {
  const file = join(dir, runFiles.journal);
  for await (const line of createInterface({ input: opened(file, () => contentOf(file)) })) {
    const its = readJournalLine(line);
    if (its !== undefined) yield its;
  }
}

/** @throws TgError (collect) for what cannot be opened. */
function opened<T>(file: string, open: () => T): T {
  try {
    return open();
  } catch (cause) {
    throw new TgError('collect', `it cannot be read: ${messageOf(cause)}`, {
      where: file,
      hint: 'Mend its permissions, or remove what stands in its place.',
      cause,
    });
  }
}

/** What a record tells, line by line. */
export function toldBy(its: JournalRecord): Told[] {
  const at = its.at.getTime();
  const warned = (...lines: readonly string[]) => lines.map((text): Told => ({ at, level: 'WARN', text }));
  switch (its.type) {
    case 'notice':
      return [{ at, level: its.level, text: its.text, fields: its.fields }];
    case 'run-started':
      return [{ at, level: 'INFO', text: 'starting run' }];
    case 'instance-held':
      return warned(`${instanceTag(its.instance)} is held; this starts it: ${its.script}`);
    case 'instance-not-started':
      return warned(`${instanceTag(its.instance)}: ${its.reason}`);
    case 'stalled':
      return its.told ? warned(...stallLines(its)) : [];
    case 'given-up':
      return warned(`the run is given up: ${its.why}`);
    case 'stopping':
      return warned(`ending the run: ${its.stop.why}`);
    default:
      return [];
  }
}

/** When a run began and its instances ended, in ms since the epoch, and what else its journal tells. */
export interface Story {
  readonly began: number;
  readonly endedAt: ReadonlyMap<string, number>;
  readonly told: readonly Told[];
}

/** Reads the journal of a run. */
export async function readStory(dir: string): Promise<Story> {
  return storyOf(await journalOf(dir));
}

/** All of what a run's journal says so far. */
export async function journalOf(dir: string): Promise<readonly JournalRecord[]> {
  const records: JournalRecord[] = [];
  for await (const its of readJournal(dir)) records.push(its);
  return records;
}

/** What a journal tells. */
export function storyOf(journal: Iterable<JournalRecord>): Story {
  let began = 0;
  const endedAt = new Map<string, number>();
  const told: Told[] = [];
  for (const its of journal) {
    if (began === 0 || its.type === 'run-started') began = its.at.getTime();
    if (its.type === 'instance-exited') endedAt.set(instanceTag(its.instance), its.at.getTime());
    told.push(...toldBy(its));
  }
  return { began, endedAt, told };
}

/** More files than so many are not held open at once: those of later instances come after those of earlier ones. */
const mostFiles = 500;
/** After so many lines others have a turn: a signal, a client of the page's server. */
const linesInTurn = 500;

/**
 * The lines of instances as they are in the files now, told in the order of their times. A line that says no time has
 * that of the one before it; stderr has that of the instance's end, or, of one that has none, when it was written last.
 */
export async function* linesOf(
  dir: string,
  instances: readonly InstanceId[],
  { began, endedAt }: Story,
): AsyncIterable<LineEvent> {
  const masks = new InstanceMasks(dir);
  let lines = 0;
  for (let from = 0; from < instances.length; from += mostFiles / 2) {
    using sources = new Sources();
    for (const its of instances.slice(from, from + mostFiles / 2)) {
      const folder = instanceDirOf(dir, its.group, its.index);
      const end = endedAt.get(instanceTag(its));
      const mask = await masks.ofInstance(its.group, its.index);
      sources.add(folder, its, 'stdout', { began, end }, mask);
      sources.add(folder, its, 'stderr', { began, end }, mask);
    }
    for (const line of sources.inOrder()) {
      yield line;
      if (++lines % linesInTurn === 0) await nextTurn();
    }
  }
}

/** Streams of several instances, read piece by piece. */
class Sources implements Disposable {
  readonly #sources: Source[] = [];

  add(
    folder: string,
    instance: InstanceId,
    stream: 'stdout' | 'stderr',
    times: { readonly began: number; readonly end: number | undefined },
    mask: Mask | undefined,
  ): void {
    const file = opened(folder, () => fileOf(folder, stream));
    if (file === undefined) return;
    const { began, end = whatIsAt(file)?.mtimeMs ?? times.began } = times;
    this.#sources.push(opened(file, () => new Source(file, instance, stream, { began, end }, mask)));
  }

  inOrder(): Iterable<LineEvent> {
    return merged(this.#sources);
  }

  [Symbol.dispose](): void {
    for (const source of this.#sources) source[Symbol.dispose]();
  }
}

/**
 * The file of a stream: settled, or still captured; undefined where there is none, or only a link: what somebody else has packed may
 * lead anywhere.
 */
export function fileOf(folder: string, stream: 'stdout' | 'stderr'): string | undefined {
  const names =
    stream === 'stdout'
      ? [instanceFiles.capturedOut, instanceFiles.out]
      : [instanceFiles.capturedErr, instanceFiles.err];
  const isReal = [dirname(folder), folder].every((path) => whatIsAt(path)?.isDirectory());
  return isReal
    ? names.map((name) => join(folder, name)).find((file) => whatIsAt(file)?.isFile())
    : undefined;
}

interface Times {
  readonly began: number;
  readonly end: number;
}

const pieceBytes = 64 * 1024;
const nothingMasked = new Mask([]);

class Source implements Disposable, Timed<LineEvent> {
  readonly #tail: Tail;
  readonly #lines: LineEvent[] = [];
  #taken = 0;
  #ended = false;
  #at: number;

  constructor(
    file: string,
    instance: InstanceId,
    stream: 'stdout' | 'stderr',
    { began, end }: Times,
    mask: Mask = nothingMasked,
  ) {
    this.#at = stream === 'stderr' ? end : began;
    this.#tail = new Tail(file, (line) => {
      const event = maskedLine(lineEvent(instance, stream, line, began, this.#at), mask);
      this.#at = Math.max(this.#at, event.at);
      this.#lines.push(event);
    });
  }

  get nextAt(): number | undefined {
    return this.#next?.at;
  }

  get #next(): LineEvent | undefined {
    while (this.#taken === this.#lines.length && !this.#ended) {
      this.#lines.length = 0;
      this.#taken = 0;
      if (this.#tail.readMore(pieceBytes) > 0) continue;
      this.#tail.finish();
      this.#ended = true;
    }
    return this.#lines[this.#taken];
  }

  take(): LineEvent {
    const line = this.#next;
    if (line === undefined) throw new Error('there are no more lines');
    this.#taken++;
    return line;
  }

  [Symbol.dispose](): void {
    this.#tail[Symbol.dispose]();
  }
}
