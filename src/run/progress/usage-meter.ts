import type { InstanceHandle } from '../../runners/runner.ts';

export interface TotalUsage {
  /** Processor time used, in processors. */
  readonly processors: number;
  readonly bytes: number;
}

/** Measures the processor and memory usage of several instances together. */
export class UsageMeter {
  #at = Number.NEGATIVE_INFINITY;
  #cpuMs: ReadonlyMap<InstanceHandle, number> = new Map();
  #last: TotalUsage | undefined;
  readonly #max: number;
  readonly #everyMs: number;

  /**
   * @param processors how many processors the instances can use at once; undefined if that is not known.
   * @param everyMs the minimum time between measurements, in ms.
   */
  constructor(processors: number | undefined, everyMs: number) {
    this.#max = processors ?? Number.POSITIVE_INFINITY;
    this.#everyMs = everyMs;
  }

  /**
   * The usage of instances; of processors, since the last measurement.
   * @returns undefined at the first call, and if none can be measured.
   */
  read(handles: readonly InstanceHandle[]): TotalUsage | undefined {
    const now = performance.now();
    const passed = now - this.#at;
    if (passed < this.#everyMs) return this.#last;
    const cpuMs = new Map<InstanceHandle, number>();
    let [used, bytes] = [0, 0];
    for (const handle of handles) {
      const usage = handle.usage();
      if (usage === undefined) continue;
      cpuMs.set(handle, usage.cpuMs);
      bytes += usage.bytes;
      used += Math.max(0, usage.cpuMs - (this.#cpuMs.get(handle) ?? 0));
    }
    const isFirst = this.#at === Number.NEGATIVE_INFINITY;
    // An ended child adds all of its time at once.
    const processors = Math.min(this.#max, used / passed);
    this.#last = isFirst || cpuMs.size === 0 ? undefined : { processors, bytes };
    this.#at = now;
    this.#cpuMs = cpuMs;
    return this.#last;
  }
}
