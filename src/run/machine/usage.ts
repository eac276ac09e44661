import { availableParallelism } from 'node:os';
import { statOf, ticksPerSecond } from '../../proc.ts';
import { usageOfGroups } from '../../process-id.ts';

/** How often, in ms, it is looked: to look at every process of the machine takes a millisecond for each hundred. */
const lookEvery = 1_000;

export interface Usage {
  /** Of how many processors. */
  readonly processors: number;
  readonly bytes: number;
}

/** Undefined where the system has no /proc: it says its own memory in pages, Node in bytes. */
function pageBytes(): number | undefined {
  const pages = statOf(process.pid)?.pages;
  return pages && 2 ** Math.round(Math.log2(process.memoryUsage.rss() / pages));
}

/** Measures what process groups have of processors and memory. */
export class UsageMeter {
  #at = Number.NEGATIVE_INFINITY;
  #ticks: ReadonlyMap<number, number> = new Map();
  readonly #pageBytes = pageBytes();
  #last: Usage | undefined;

  /**
   * What these groups have now, their children with them: of processors since it was asked last. Memory that they share counts for each.
   * @param leaders the leaders of the groups.
   * @returns undefined where the system has no /proc, and the first time.
   */
  read(leaders: readonly number[]): Usage | undefined {
    const now = performance.now();
    const passed = now - this.#at;
    if (passed < lookEvery) return this.#last;
    const all = usageOfGroups();
    let [ticks, pages] = [0, 0];
    for (const leader of leaders) {
      const usage = all.get(leader);
      if (usage === undefined) continue;
      pages += usage.pages;
      ticks += Math.max(0, usage.allTicks - (this.#ticks.get(leader) ?? 0));
    }
    this.#last =
      this.#pageBytes === undefined || this.#at === Number.NEGATIVE_INFINITY
        ? undefined
        : {
            // A child that has ended brings what it had before, too.
            processors: Math.min(availableParallelism(), ticks / ticksPerSecond / (passed / 1_000)),
            bytes: pages * this.#pageBytes,
          };
    this.#at = now;
    this.#ticks = new Map([...all].map(([group, usage]) => [group, usage.allTicks]));
    return this.#last;
  }
}
