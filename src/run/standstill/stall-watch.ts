import { isChatter } from '../../outputs/sdk-events.ts';
import { ticksPerSecond } from '../../proc.ts';
import { type GroupUsage, usageOfGroups } from '../../process-id.ts';
import type { Waiting } from '../../sync/waiting.ts';
import type { RunEvent } from '../events.ts';
import type { Enlisted, Roster } from '../roster.ts';
import type { RunContext } from '../runner.ts';
import { firstFailure } from './first-failure.ts';
import { standingOf } from './standing.ts';

/** How often, in ms, it is looked whether anything has moved. */
const lookEvery = 100;
/** After so long, in ms, without a move, where the run stands is written down; a person is told later. */
const recordAfter = 1_000;
/**
 * A run that has failed is given up when all that live have waited so long, in ms: at barriers; at those that an old SDK
 * looks at every second, where it looks no more once one is met; and where somebody only reads a topic, which it may do
 * beside something else.
 */
const giveUpAfter = { barrier: 300, polled: 1_100, topic: 5_000 } as const;
/** Those who have not ended so long, in ms, after they were told are ended. */
const endAfter = { barrier: 1_100, polled: 800, topic: 1_100 } as const;
/**
 * An instance is idle when its process group used less than `usedMs` of processor time within `inMs`, and less than
 * `wantedMs` including the time it waited for a processor: on a busy machine, a working instance mostly waits for one.
 */
const idle = { usedMs: 30, wantedMs: 90, inMs: 180 } as const;

/** The events, beside lines, by which a run moves on. What tg itself says of it, in a warning for instance, is none. */
const progress: ReadonlySet<RunEvent['type']> = new Set([
  'instance-started',
  'instance-held',
  'instance-not-started',
  'instance-exited',
  'network-configured',
]);

type HowTheyWait = keyof typeof giveUpAfter;

/** What the watch looks at. */
interface Watched {
  readonly run: RunContext;
  readonly roster: Roster;
  /** The sync service: how much was done there, and how to answer those who wait. */
  readonly server: { readonly moves: number; giveUp(why: string): void };
}

/**
 * Watches a run for standing still: nothing new asked of the sync service, no line, nobody begins or ends. Says then who waits
 * for whom. Where the run has failed and all that live wait, whatever they say meanwhile, they are told that it is for
 * nothing, and ended soon after.
 */
export class StallWatch implements Disposable {
  readonly #watched: Watched;
  readonly #timer: NodeJS.Timeout;
  /** What has happened, without lines, and how many lines there were. */
  #events = 0;
  #lines = 0;
  #moves = -1;
  #movesAndLines = -1;
  /** Since when nothing has moved but perhaps lines, and since when nothing at all. */
  #stillSince = 0;
  #quietSince = 0;
  /** Whether this silence is on record. */
  #recorded = false;
  #tellAfter = 0;
  /** Who has made the run fail, looked for once while nothing moves; undefined until then. */
  #cause: { readonly words: string | undefined } | undefined;
  /** What the process group of each that lives has had of a processor at some moment of it. */
  #used: { readonly at: number; readonly of: ReadonlyMap<number, GroupUsage> } | undefined;
  #givenUp: NodeJS.Timeout | undefined;

  constructor(watched: Watched) {
    this.#watched = watched;
    this.#timer = setInterval(() => this.#look(), lookEvery);
  }

  /** Learns what happens. */
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

  /** Something has moved. */
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
    // A longer silence is told again, but less and less often.
    if (told) this.#tellAfter = Math.max(quietMs, this.#tellAfter) * 2;
    this.#tell(quietMs, told);
  }

  #tell(quietMs: number, told: boolean): void {
    const { run, roster } = this.#watched;
    const standing = standingOf(run.spec, { roster, facts: run.facts, dependsOnSdk: run.dependsOnSdk });
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
    const why = run.mask.text(`${words}, and all instances that still run wait`);
    this.#tell(stillMs, false);
    run.emit({ type: 'given-up', why, instances: [...roster.running].map(({ instance }) => instance) });
    server.giveUp(`tg gives up: ${why}`);
    this.#givenUp = setTimeout(() => run.end({ ending: 'given-up', why }), endAfter[how]);
  }

  /** Whether no instance that lives has done anything for a while. */
  #areIdle(): boolean {
    const now = performance.now();
    const before = this.#used;
    if (before !== undefined && now - before.at < idle.inMs) return false;
    const of = usageOfGroups({ delays: true });
    this.#used = { at: now, of };
    if (before === undefined) return false;
    const isIdle = ({ pid = 0 }: Enlisted) => {
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

/** How those wait who wait in the least certain way; undefined where somebody does not wait, or is started by hand. */
function howAllWait(running: ReadonlySet<Enlisted>): HowTheyWait | undefined {
  // Where nobody sees what a process does, it may do anything.
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
