import { isChatter } from '../../outputs/sdk-events.ts';
import type { Waiting } from '../../sync/describe-waiting.ts';
import { type RunContext, stopOf } from '../context.ts';
import type { RunEvent } from '../events/events.ts';
import type { InstanceRegistry, RunningInstance } from '../instance/instance-registry.ts';
import { whenAborted } from '../stop.ts';
import { firstFailure } from './first-failure.ts';
import type { StallSnapshot } from './stall-record.ts';
import { takeSnapshot } from './stall-snapshot.ts';

/** How often, in ms, the watch checks for activity. */
const pollIntervalMs = 100;
/** After this many ms without activity, a stall snapshot is recorded; it is shown to a person later. */
const recordAfter = 1_000;
/**
 * A failed run is abandoned after all running instances have waited this long, in ms. `barrier`: at barriers.
 * `polled`: at barriers that an old SDK polls every second until they are met. `topic`: when an instance only reads
 * a topic, which it may do while it also does other work.
 */
const abandonAfterMs = { barrier: 300, polled: 1_100, topic: 5_000 } as const;
/** Instances that are still running this many ms after their waits were aborted are ended. */
const endAfter = { barrier: 1_100, polled: 800, topic: 1_100 } as const;

/** The events, besides lines, that count as activity. tg's own notices, such as warnings, do not. */
const progress: ReadonlySet<RunEvent['type']> = new Set([
  'instance-started',
  'instance-restarted',
  'instance-held',
  'instance-not-started',
  'instance-exited',
  'network-configured',
]);

type HowTheyWait = keyof typeof abandonAfterMs;

/** What the watch observes. */
interface Watched {
  readonly run: RunContext;
  readonly registry: InstanceRegistry;
  /** The sync service: its number of operations, and how to abort waits. */
  readonly server: { readonly operations: number; abortWaits(why: string): void };
}

/**
 * Watches a run for stalls: no new sync operation, no line, no instance that starts or ends. Records then which
 * instances wait for which. If the run has failed and all running instances wait, whatever they print meanwhile,
 * their waits are aborted and the instances are ended soon after.
 */
export class StallWatch implements Disposable {
  readonly #watched: Watched;
  readonly #timer: NodeJS.Timeout;
  /** The number of events without lines, and the number of lines. */
  #events = 0;
  #lines = 0;
  #operations = -1;
  #operationsAndLines = -1;
  /** When the last activity other than lines occurred, and when the last activity of any kind. */
  #stillSince = 0;
  #quietSince = 0;
  /** Whether the current stall is recorded. */
  #recorded = false;
  #reportAfterMs = 0;
  /** Which instance has made the run fail, determined once per stall; undefined until then. */
  #cause: { readonly text: string | undefined } | undefined;
  #abandoned: NodeJS.Timeout | undefined;

  constructor(watched: Watched) {
    this.#watched = watched;
    whenAborted(watched.run.stop, () => this.#emitSnapshot());
    this.#timer = setInterval(() => this.#poll(), pollIntervalMs);
  }

  /** Counts an event as activity. */
  learn(event: RunEvent): void {
    if (event.type === 'line') this.#lines += isChatter(event.event) ? 0 : 1;
    else if (progress.has(event.type)) this.#events++;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    clearTimeout(this.#abandoned);
  }

  #poll(): void {
    const { run, registry, server } = this.#watched;
    if (run.stop.aborted || this.#abandoned !== undefined) return;
    const now = performance.now();
    const operations = server.operations + this.#events;
    const noneRuns = registry.running.size === 0;
    if (operations !== this.#operations || noneRuns) {
      this.#operations = operations;
      this.#stillSince = now;
      this.#cause = undefined;
    }
    if (operations + this.#lines !== this.#operationsAndLines || noneRuns)
      this.#begin(operations + this.#lines, now);
    this.#abandonIfLost(now - this.#stillSince);
    this.#record(now - this.#quietSince);
  }

  /** Resets the stall: there was activity. */
  #begin(operationsAndLines: number, now: number): void {
    if (this.#recorded) this.#watched.run.emit({ type: 'resumed' });
    this.#operationsAndLines = operationsAndLines;
    this.#quietSince = now;
    this.#recorded = false;
    this.#reportAfterMs = this.#watched.run.spec.config.stallAfterMs;
  }

  #record(quietMs: number): void {
    const reported = this.#reportAfterMs > 0 && quietMs >= this.#reportAfterMs;
    if (quietMs < recordAfter || (!reported && this.#recorded)) return;
    // A longer stall is shown again, at doubling intervals.
    if (reported) this.#reportAfterMs = Math.max(quietMs, this.#reportAfterMs) * 2;
    this.#emitStall(quietMs, reported);
  }

  #emitStall(quietMs: number, reported: boolean): void {
    this.#recorded = true;
    const stalled = { type: 'stalled', forMs: Math.round(quietMs), reported } as const;
    this.#watched.run.emit({ ...stalled, snapshot: this.#snapshot() });
  }

  /** Records where the run stood when it was ended from outside: it may have been active and still not have got on. */
  #emitSnapshot(): void {
    const { run, registry } = this.#watched;
    const ending = stopOf(run.stop)?.ending;
    if ((ending !== 'timeout' && ending !== 'canceled') || registry.running.size === 0) return;
    run.emit({ type: 'snapshot', snapshot: this.#snapshot() });
  }

  #snapshot(): StallSnapshot {
    const { run, registry } = this.#watched;
    return takeSnapshot(run.spec, { registry, facts: run.facts, dependsOnSdk: run.dependsOnSdk });
  }

  #abandonIfLost(stillMs: number): void {
    const { run, registry, server } = this.#watched;
    if (!registry.complete || stillMs < pollIntervalMs) return;
    this.#cause ??= { text: firstFailure(run.spec, run.facts, run.dependsOnSdk) };
    const { text } = this.#cause;
    const how = text === undefined ? undefined : howAllWait(registry.running);
    if (text === undefined || how === undefined || stillMs < abandonAfterMs[how]) return;
    const why = run.mask.text(`${text}, and all running instances are waiting`);
    this.#emitStall(stillMs, false);
    run.emit({ type: 'abandoned', why, instances: [...registry.running].map(({ instance }) => instance) });
    server.abortWaits(`aborted: ${why}`);
    this.#abandoned = setTimeout(() => run.end({ ending: 'abandoned', why }), endAfter[how]);
  }
}

/**
 * The least certain kind of wait among all instances; undefined if one does not wait, is busy, or was started by
 * hand.
 */
function howAllWait(running: ReadonlySet<RunningInstance>): HowTheyWait | undefined {
  let how: HowTheyWait = 'barrier';
  for (const { handle, endpoint } of running) {
    const one = handle.ref.kind === 'manual' ? undefined : howItWaits(endpoint.waiting());
    if (one === undefined) return undefined;
    if (abandonAfterMs[one] > abandonAfterMs[how]) how = one;
  }
  const activities = new Set([...running].map(({ handle }) => handle.activity()));
  if (activities.has('busy')) return undefined;
  // An instance whose activity is unknown may be busy.
  return activities.has('unknown') ? 'topic' : how;
}

function howItWaits(waiting: readonly Waiting[]): HowTheyWait | undefined {
  const barriers = waiting.filter((one) => one.kind === 'barrier');
  if (barriers.some(({ polledMs }) => polledMs === undefined)) return 'barrier';
  if (barriers.some(({ polledMs = 0 }) => polledMs < abandonAfterMs.polled)) return 'polled';
  return waiting.some(({ kind }) => kind === 'topic') ? 'topic' : undefined;
}
