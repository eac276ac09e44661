import { availableParallelism } from 'node:os';
import { statOf, ticksPerSecond } from '../../os/proc.ts';
import { usageOfGroups } from '../../os/process-id.ts';

/**
 * The minimum time between measurements, in ms: scanning the machine's processes takes a millisecond per hundred.
 */
const lookEvery = 1_000;

export interface Usage {
  /** Processor time used, in processors. */
  readonly processors: number;
  readonly bytes: number;
}

/**
 * The page size, from this process's own memory in pages (/proc) and in bytes (Node); undefined if the system has
 * no /proc.
 */
function pageBytes(): number | undefined {
  const pages = statOf(process.pid)?.pages;
  return pages && 2 ** Math.round(Math.log2(process.memoryUsage.rss() / pages));
}

/** Measures the processor and memory usage of process groups. */
export class UsageMeter {
  #at = Number.NEGATIVE_INFINITY;
  #ticks: ReadonlyMap<number, number> = new Map();
  readonly #pageBytes = pageBytes();
  #last: Usage | undefined;

  /**
   * The usage of process groups, including their children; of processors, since the last measurement. Shared memory
   * counts for each process.
   * @param leaders the leaders of the groups.
   * @returns undefined at the first call, and if the system has no /proc.
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
            // An ended child adds all of its time at once.
            processors: Math.min(availableParallelism(), ticks / ticksPerSecond / (passed / 1_000)),
            bytes: pages * this.#pageBytes,
          };
    this.#at = now;
    this.#ticks = new Map([...all].map(([group, usage]) => [group, usage.allTicks]));
    return this.#last;
  }
}
