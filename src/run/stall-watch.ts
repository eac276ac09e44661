import { ticksUsed } from '../process-id.ts';
import type { RunEvent } from './events.ts';
import { firstFailure } from './first-failure.ts';
import type { Enlisted, Roster } from './roster.ts';
import type { RunContext } from './runner.ts';
import { standingOf } from './standing.ts';

/** How often, in ms, it is looked whether anything has moved. */
const lookEvery = 100;
/** After so long, in ms, without a move, where the run stands is written down; a person is told later. */
const recordAfter = 1_000;
/** A run that has failed is given up when all that live have waited so long, in ms, without a move; */
const giveUpAfter = 300;
/** and ended when they have not ended so long after their barriers were answered: an old SDK asks every second. */
const endAfter = 1_100;
/** Who only waits takes less of a processor than so many clock ticks (10 ms each) in so many ms. */
const idleTicks = 3;
const idleFor = 180;

/** What the watch looks at. */
interface Watched {
  readonly run: RunContext;
  readonly roster: Roster;
  /** The sync service: how much was done there, and how to answer those who wait. */
  readonly server: { readonly moves: number; giveUp(why: string): void };
  /** Whether output of an instance has not been read yet. */
  readonly isBehind: () => boolean;
}

/**
 * Watches a run for standing still: nothing asked of the sync service, no line, nobody begins or ends. Says then who waits
 * for whom. Where the run has failed and all that live wait, they are told that it is for nothing, and ended soon after.
 */
export class StallWatch implements Disposable {
  readonly #watched: Watched;
  readonly #timer: NodeJS.Timeout;
  #events = 0;
  #moves = 0;
  #quietSince = performance.now();
  #recorded = false;
  #tellAfter: number;
  /** Who has made the run fail, looked for once in each quiet; undefined until then. */
  #cause: { readonly words: string | undefined } | undefined;
  /** What each that lives has had of a processor at some moment of it. */
  #ticks: { readonly at: number; readonly of: ReadonlyMap<Enlisted, number> } | undefined;
  #givenUp: NodeJS.Timeout | undefined;

  constructor(watched: Watched) {
    this.#watched = watched;
    this.#tellAfter = watched.run.spec.config.stallAfterMs;
    this.#timer = setInterval(() => this.#look(), lookEvery);
  }

  /** Learns what happens. */
  learn(event: RunEvent): void {
    if (event.type !== 'stalled') this.#events++;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    clearTimeout(this.#givenUp);
  }

  #look(): void {
    const { run, roster, server, isBehind } = this.#watched;
    if (run.stop.aborted || this.#givenUp !== undefined) return;
    const moves = server.moves + this.#events;
    if (moves !== this.#moves || roster.running.size === 0) {
      this.#moves = moves;
      this.#begin();
      return;
    }
    const quietMs = performance.now() - this.#quietSince;
    this.#cause ??= { words: firstFailure(run.spec, run.facts, run.dependsOnSdk, roster) };
    const { words: cause } = this.#cause;
    if (cause !== undefined && this.#areIdle() && quietMs >= giveUpAfter && !isBehind()) this.#giveUp(cause);
    if (quietMs >= recordAfter) this.#record(quietMs);
  }

  /** Something has moved. */
  #begin(): void {
    this.#quietSince = performance.now();
    this.#cause = undefined;
    this.#ticks = undefined;
    this.#recorded = false;
    this.#tellAfter = this.#watched.run.spec.config.stallAfterMs;
  }

  #record(quietMs: number): void {
    const told = this.#tellAfter > 0 && quietMs >= this.#tellAfter;
    if (!told && this.#recorded) return;
    // A longer silence is told again, but less and less often.
    if (told) this.#tellAfter = Math.max(quietMs, this.#tellAfter) * 2;
    this.#recorded = true;
    this.#tell(quietMs, told);
  }

  #tell(quietMs: number, told: boolean): void {
    const { run, roster } = this.#watched;
    const standing = standingOf(run.spec.groups, roster, run.facts);
    run.emit({ type: 'stalled', forMs: Math.round(quietMs), told, standing });
  }

  #giveUp(cause: string): void {
    const { run, roster, server } = this.#watched;
    const why = `${cause}, and everybody who is left waits`;
    this.#tell(performance.now() - this.#quietSince, false);
    run.emit({ type: 'given-up', why, instances: [...roster.running].map(({ instance }) => instance) });
    server.giveUp(`tg gives up: ${why}`);
    this.#givenUp = setTimeout(() => run.end({ ending: 'given-up', why }), endAfter);
  }

  /** Whether every instance that lives waits at the sync service, and has done nothing else for a while. */
  #areIdle(): boolean {
    const { running } = this.#watched.roster;
    const now = performance.now();
    const wait = ({ pid, door }: Enlisted) => pid !== undefined && door.waiting().length > 0;
    if (![...running].every(wait)) return false;
    const before = this.#ticks;
    if (before !== undefined && now - before.at < idleFor) return false;
    this.#ticks = { at: now, of: ticksOf(running) };
    if (before === undefined) return false;
    return [...this.#ticks.of].every(([one, ticks]) => ticks - (before.of.get(one) ?? 0) < idleTicks);
  }
}

function ticksOf(running: ReadonlySet<Enlisted>): Map<Enlisted, number> {
  return new Map([...running].map((one) => [one, one.pid === undefined ? 0 : ticksUsed(one.pid)]));
}
