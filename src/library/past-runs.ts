import type { Writable } from 'node:stream';
import { readHistory } from '../history/events.ts';
import { followRun } from '../history/follow.ts';
import { instancesOf } from '../history/instances.ts';
import { linesOf } from '../history/lines.ts';
import { listRecords, type RunRecord } from '../history/record.ts';
import { selectRun } from '../history/select-runs.ts';
import { type Collected, collectRun } from '../outputs/archive/collect.ts';
import type { RunEvent } from '../run/events/events.ts';
import { homeIn } from './context.ts';

type LineEvent = Extract<RunEvent, { type: 'line' }>;

interface HomeOptions {
  /** The home folder; default: `$TESTGROUND_HOME`, else `~/testground`. */
  readonly home?: string;
}

interface LinesOptions {
  /** The instances: `group[3]`, `group`, or a number; default: all. */
  readonly instances?: readonly string[];
}

interface FollowOptions extends LinesOptions {
  readonly onLine: (line: LineEvent) => void;
  readonly signal?: AbortSignal;
}

interface CollectOptions {
  /** A file or a stream; default: `<run id>.tgz` in the current folder. */
  readonly to?: string | Writable;
  /** Whether equal outputs give equal bytes, by leaving out times. */
  readonly deterministic?: boolean;
  readonly signal?: AbortSignal;
}

/** An active or finished run, read from its outputs. */
export interface PastRun extends RunRecord {
  /** The lines of its instances so far, in the order of their times. */
  lines(options?: LinesOptions): AsyncIterable<LineEvent>;
  /** Follows its lines until the run ends. */
  follow(options: FollowOptions): Promise<void>;
  /** Packs its outputs into an archive. */
  collect(options?: CollectOptions): Promise<Collected>;
}

/** Lists the runs of a home, newest first. */
export async function* listRuns(options: HomeOptions = {}): AsyncIterable<PastRun> {
  const home = homeIn(options.home);
  for await (const record of listRecords(home)) yield pastRun(record);
}

/**
 * Reads a run: by its ID or the beginning of it, as `latest`, by a label, or by the path of its folder or archive.
 * @throws TgError (collect) for an unknown run.
 */
export async function readRun(asked: string, options: HomeOptions = {}): Promise<PastRun> {
  const home = homeIn(options.home);
  return pastRun(await selectRun(home, asked));
}

function pastRun(record: RunRecord): PastRun {
  const never = new AbortController().signal;
  return {
    ...record,
    async *lines({ instances = [] } = {}) {
      // Read again now: the journal of an active run has grown.
      yield* linesOf(record.dir, instancesOf(record, instances), await readHistory(record.dir));
    },
    follow: ({ instances = [], onLine, signal = never }) =>
      followRun(record.dir, instancesOf(record, instances), {
        onLine,
        onNotice: () => {},
        onUnread: (problem) => {
          throw problem;
        },
        pace: () => undefined,
        signal,
      }),
    collect: ({ to, signal = never, deterministic } = {}) =>
      collectRun({ runDir: record.dir, to, signal, deterministic }),
  };
}
