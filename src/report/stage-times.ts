import { statsOf } from '../metrics/stats.ts';
import type { StageTimes } from './data.ts';

/** The maximum number of stage names with durations. */
const maxNames = 200;

interface OfName {
  /** When the first one began, in ms since the run began. */
  first: number;
  readonly tookMs: number[];
  slowest: { readonly of: number; readonly tookMs: number } | undefined;
  /** How many began. */
  begun: number;
}

/** Collects how long stages took, by their names. */
export class StageTimer {
  readonly #names = new Map<string, OfName>();
  readonly #refused = new Set<string>();

  /** @returns whether it is measured: there may be too many names. */
  begin(name: string, from: number): boolean {
    const known = this.#names.get(name);
    if (known === undefined && this.#names.size >= maxNames) {
      if (this.#refused.size < maxNames) this.#refused.add(name);
      return false;
    }
    const its = known ?? { first: from, tookMs: [], slowest: undefined, begun: 0 };
    this.#names.set(name, its);
    its.begun++;
    its.first = Math.min(its.first, from);
    return true;
  }

  /** @param of the index of the instance. Times are in ms since the run began. */
  end(name: string, of: number, from: number, to: number): void {
    const its = this.#names.get(name);
    if (its === undefined) return;
    const tookMs = Math.max(0, to - from);
    its.tookMs.push(tookMs);
    if (tookMs > (its.slowest?.tookMs ?? -1)) its.slowest = { of, tookMs };
  }

  /** The number of names without durations, because there are too many. */
  get refused(): number {
    return this.#refused.size;
  }

  /** In the order in which stages first began. */
  times(): readonly StageTimes[] {
    return [...this.#names]
      .toSorted(([, one], [, other]) => one.first - other.first)
      .map(([name, { tookMs, slowest, begun }]): StageTimes => {
        const unended = begun - tookMs.length;
        if (slowest === undefined) return { name, count: 0, unended, times: null };
        const { p50, p95, max } = statsOf(tookMs);
        return { name, count: tookMs.length, unended, times: { p50, p95, max, slowest: slowest.of } };
      });
  }
}
