import { ticksPerSecond } from '../../os/proc.ts';
import { type GroupUsage, usageOfGroups } from '../../os/process-id.ts';
import { isChatter } from '../../outputs/sdk-events.ts';
import type { Waiting } from '../../sync/waiting.ts';
import type { RunEvent } from '../events/events.ts';
import type { InstanceRegistry, RunningInstance } from '../instance/registry.ts';
import type { RunContext } from '../runner.ts';
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
/**
/**
 * An instance is idle when its process group used less than `usedMs` of processor time within `inMs`, and less than
 * `wantedMs` including the time it was runnable but not scheduled: on a busy machine, a working process spends most of
 * its time that way.
 */
const idle = { usedMs: 30, wantedMs: 90, inMs: 180 } as const;

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
  readonly roster: InstanceRegistry;
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
  /** The processor time of each running instance's process group, at one moment of the stall. */
  #used: { readonly at: number; readonly of: ReadonlyMap<number, GroupUsage> } | undefined;
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
    const { run, roster, server } = this.#watched;
    if (run.stop.aborted || this.#givenUp !== undefined) return;
    const now = performance.now();
    const moves = server.moves + this.#events;
    const nobody = roster.running.size === 0;
    if (moves !== this.#moves || nobody) {
      this.#moves = moves;
      this.#stillSince = now;
      this.#cause = undefined;
      this.#used = undefined;
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
    const { run, roster } = this.#watched;
    const standing = takeSnapshot(run.spec, { roster, facts: run.facts, dependsOnSdk: run.dependsOnSdk });
    this.#recorded = true;
    run.emit({ type: 'stalled', forMs: Math.round(quietMs), told, standing });
  }

  #giveUpIfLost(stillMs: number): void {
    const { run, roster, server } = this.#watched;
    if (!roster.complete || stillMs < lookEvery) return;
    this.#cause ??= { words: firstFailure(run.spec, run.facts, run.dependsOnSdk) };
    const { words } = this.#cause;
    const how = words === undefined ? undefined : howAllWait(roster.running);
    if (words === undefined || how === undefined || !this.#areIdle() || stillMs < giveUpAfter[how]) return;
    const why = run.mask.text(`${words}, and all running instances are waiting`);
    this.#tell(stillMs, false);
    run.emit({ type: 'given-up', why, instances: [...roster.running].map(({ instance }) => instance) });
    server.giveUp(`aborted: ${why}`);
    this.#givenUp = setTimeout(() => run.end({ ending: 'given-up', why }), endAfter[how]);
  }

  /** Whether no running instance has used the processor for a while. */
  #areIdle(): boolean {
    const now = performance.now();
    const before = this.#used;
    if (before !== undefined && now - before.at < idle.inMs) return false;
    const of = usageOfGroups({ delays: true });
    this.#used = { at: now, of };
    if (before === undefined) return false;
    const isIdle = ({ pid = 0 }: RunningInstance) => {
      const its = of.get(pid);
      if (its === undefined) return true;
      const had = before.of.get(pid);
      const usedMs = ((its.ticks - (had?.ticks ?? 0)) * 1_000) / ticksPerSecond;
      const wantedMs = usedMs + its.delayedMs - (had?.delayedMs ?? 0);
      return !its.runs && usedMs < idle.usedMs && wantedMs < idle.wantedMs;
    };
    return [...this.#watched.roster.running].every(isIdle);
  }
}

/** The least certain kind of wait among all instances; undefined if one does not wait, or was started by hand. */
function howAllWait(running: ReadonlySet<RunningInstance>): HowTheyWait | undefined {
  // Without /proc, tg cannot see whether a process works.
  let how: HowTheyWait = process.platform === 'linux' ? 'barrier' : 'topic';
  for (const { pid, door } of running) {
    const waiting = door.waiting();
    const one = pid === undefined ? undefined : howItWaits(waiting);
    if (one === undefined) return undefined;
    if (giveUpAfter[one] > giveUpAfter[how]) how = one;
  }
  return how;
}

function howItWaits(waiting: readonly Waiting[]): HowTheyWait | undefined {
  const barriers = waiting.filter((one) => one.kind === 'barrier');
  if (barriers.some(({ polledMs }) => polledMs === undefined)) return 'barrier';
  if (barriers.some(({ polledMs = 0 }) => polledMs < giveUpAfter.polled)) return 'polled';
  return waiting.some(({ kind }) => kind === 'topic') ? 'topic' : undefined;
}
