import type { Writable } from 'node:stream';
import { readStory } from '../history/events.ts';
import { followRun } from '../history/follow.ts';
import { instancesOf } from '../history/instances.ts';
import { linesOf } from '../history/lines.ts';
import { findRecord, listRecords, type RunRecord } from '../history/record.ts';
import type { Home } from '../os/home.ts';
import { type Collected, collectRun } from '../outputs/collect.ts';
import type { RunEvent } from '../run/events/events.ts';
import { homeIn } from './context.ts';

type LineEvent = Extract<RunEvent, { type: 'line' }>;

interface HomeOptions {
  /** The home folder; `$TESTGROUND_HOME`, else `~/testground`, where nothing is said. */
  readonly home?: string;
}

interface LinesOptions {
  /** Which instances: `group[3]`, `group`, or a number; all of them where nothing is said. */
  readonly instances?: readonly string[];
}

interface FollowOptions extends LinesOptions {
  readonly onLine: (line: LineEvent) => void;
  readonly signal?: AbortSignal;
}

interface CollectOptions {
  /** A file, or a stream; `<run id>.tgz` in the current folder where nothing is said. */
  readonly to?: string | Writable;
  /** Whether the same outputs give the same bytes, whenever they were written: no times. */
  readonly deterministic?: boolean;
  readonly signal?: AbortSignal;
}

/** A run that goes on, or has ended, as its outputs tell of it. */
export interface PastRun extends RunRecord {
  /** What its instances have said until now, in the order of the times. */
  lines(options?: LinesOptions): AsyncIterable<LineEvent>;
  /** What they say, until the run ends. */
  follow(options: FollowOptions): Promise<void>;
  /** Packs its outputs. */
  collect(options?: CollectOptions): Promise<Collected>;
}

/** The runs of a home, newest first. */
export async function* listRuns(options: HomeOptions = {}): AsyncIterable<PastRun> {
  const home = homeIn(options.home);
  for await (const record of listRecords(home)) yield pastRun(record, home);
}

/**
 * A run, by its ID or as `latest`.
 * @throws TgError (collect) for one that nobody knows.
 */
export async function readRun(asked: string, options: HomeOptions = {}): Promise<PastRun> {
  const home = homeIn(options.home);
  return pastRun(await findRecord(home, asked), home);
}

function pastRun(record: RunRecord, home: Home): PastRun {
  const never = new AbortController().signal;
  return {
    ...record,
    async *lines({ instances = [] } = {}) {
      // Now: a run that goes on has a longer story than when it was read.
      yield* linesOf(record.dir, instancesOf(record, instances), await readStory(record.dir));
    },
    follow: ({ instances = [], onLine, signal = never }) =>
      followRun(record.dir, instancesOf(record, instances), {
        onLine,
        onTold: () => {},
        onUnread: (problem) => {
          throw problem;
        },
        pace: () => undefined,
        signal,
      }),
    collect: ({ to, signal = never, deterministic } = {}) =>
      collectRun({ home, run: record.runId, to, signal, deterministic }),
  };
}
