import { isChatter } from '../../outputs/sdk-events.ts';
import type { Waiting } from '../../sync/waiting.ts';
import type { RunContext } from '../context.ts';
import type { RunEvent } from '../events/events.ts';
import type { InstanceRegistry, RunningInstance } from '../instance/registry.ts';
import { firstFailure } from './first-failure.ts';
import { takeSnapshot } from './stall-snapshot.ts';

/** How often, in ms, the watch checks for activity. */
const lookEvery = 100;
/** After this many ms without activity, a stall snapshot is recorded; it is shown to a person later. */
const recordAfter = 1_000;
/**
 * A failed run is given up after all running instances have waited this long, in ms. `barrier`: at barriers.
 * `polled`: at barriers that an old SDK polls every second until they are met. `topic`: when an instance only reads
 * a topic, which it may do beside other work.
 */
const giveUpAfter = { barrier: 300, polled: 1_100, topic: 5_000 } as const;
/** Instances that are still running this many ms after their waits were aborted are ended. */
const endAfter = { barrier: 1_100, polled: 800, topic: 1_100 } as const;
/** The events, beside lines, that count as activity. tg's own notices, such as warnings, do not. */
const progress: ReadonlySet<RunEvent['type']> = new Set([
  'instance-started',
  'instance-held',
  'instance-not-started',
  'instance-exited',
  'network-configured',
]);

type HowTheyWait = keyof typeof giveUpAfter;

/** What the watch observes. */
interface Watched {
  readonly run: RunContext;
  readonly registry: InstanceRegistry;
  /** The sync service: its number of operations, and how to abort waits. */
  readonly server: { readonly moves: number; giveUp(why: string): void };
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
  #moves = -1;
  #movesAndLines = -1;
  /** When the last activity other than lines occurred, and when the last activity of any kind. */
  #stillSince = 0;
  #quietSince = 0;
  /** Whether the current stall is recorded. */
  #recorded = false;
  #tellAfter = 0;
  /** Which instance has made the run fail, determined once per stall; undefined until then. */
  #cause: { readonly words: string | undefined } | undefined;
  #givenUp: NodeJS.Timeout | undefined;

  constructor(watched: Watched) {
    this.#watched = watched;
    this.#timer = setInterval(() => this.#look(), lookEvery);
  }

  /** Counts an event as activity. */
  learn(event: RunEvent): void {
    if (event.type === 'line') this.#lines += isChatter(event.event) ? 0 : 1;
    else if (progress.has(event.type)) this.#events++;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    clearTimeout(this.#givenUp);
  }

  #look(): void {
    const { run, registry, server } = this.#watched;
    if (run.stop.aborted || this.#givenUp !== undefined) return;
    const now = performance.now();
    const moves = server.moves + this.#events;
    const nobody = registry.running.size === 0;
    if (moves !== this.#moves || nobody) {
      this.#moves = moves;
      this.#stillSince = now;
      this.#cause = undefined;
    }
    if (moves + this.#lines !== this.#movesAndLines || nobody) this.#begin(moves + this.#lines, now);
    this.#giveUpIfLost(now - this.#stillSince);
    this.#record(now - this.#quietSince);
  }

  /** Resets the stall: there was activity. */
  #begin(movesAndLines: number, now: number): void {
    if (this.#recorded) this.#watched.run.emit({ type: 'resumed' });
    this.#movesAndLines = movesAndLines;
    this.#quietSince = now;
    this.#recorded = false;
    this.#tellAfter = this.#watched.run.spec.config.stallAfterMs;
  }

  #record(quietMs: number): void {
    const told = this.#tellAfter > 0 && quietMs >= this.#tellAfter;
    if (quietMs < recordAfter || (!told && this.#recorded)) return;
    // A longer stall is shown again, at doubling intervals.
    if (told) this.#tellAfter = Math.max(quietMs, this.#tellAfter) * 2;
    this.#tell(quietMs, told);
  }

  #tell(quietMs: number, told: boolean): void {
    const { run, registry } = this.#watched;
    const standing = takeSnapshot(run.spec, { registry, facts: run.facts, dependsOnSdk: run.dependsOnSdk });
    this.#recorded = true;
    run.emit({ type: 'stalled', forMs: Math.round(quietMs), told, standing });
  }

  #giveUpIfLost(stillMs: number): void {
    const { run, registry, server } = this.#watched;
    if (!registry.complete || stillMs < lookEvery) return;
    this.#cause ??= { words: firstFailure(run.spec, run.facts, run.dependsOnSdk) };
    const { words } = this.#cause;
    const how = words === undefined ? undefined : howAllWait(registry.running);
    if (words === undefined || how === undefined || stillMs < giveUpAfter[how]) return;
    const why = run.mask.text(`${words}, and all running instances are waiting`);
    this.#tell(stillMs, false);
    run.emit({ type: 'given-up', why, instances: [...registry.running].map(({ instance }) => instance) });
    server.giveUp(`aborted: ${why}`);
    this.#givenUp = setTimeout(() => run.end({ ending: 'given-up', why }), endAfter[how]);
  }
}

/**
 * The least certain kind of wait among all instances; undefined if one does not wait, is at work, or was started by
 * hand.
 */
function howAllWait(running: ReadonlySet<RunningInstance>): HowTheyWait | undefined {
  let how: HowTheyWait = 'barrier';
  for (const { handle, endpoint } of running) {
    const one = handle.ref.kind === 'manual' ? undefined : howItWaits(endpoint.waiting());
    if (one === undefined) return undefined;
    if (giveUpAfter[one] > giveUpAfter[how]) how = one;
  }
  const activities = new Set([...running].map(({ handle }) => handle.activity()));
  if (activities.has('busy')) return undefined;
  // What cannot be seen may be at work.
  return activities.has('unknown') ? 'topic' : how;
}

function howItWaits(waiting: readonly Waiting[]): HowTheyWait | undefined {
  const barriers = waiting.filter((one) => one.kind === 'barrier');
  if (barriers.some(({ polledMs }) => polledMs === undefined)) return 'barrier';
  if (barriers.some(({ polledMs = 0 }) => polledMs < giveUpAfter.polled)) return 'polled';
  return waiting.some(({ kind }) => kind === 'topic') ? 'topic' : undefined;
}
