import { readMachine } from '../../os/machine.ts';
import type { RunContext } from '../context.ts';
import type { InstanceRegistry } from '../instance/instance-registry.ts';
import { UsageMeter } from '../progress/usage-meter.ts';
import { type GroupUsage, sampleBetween } from './machine-sample.ts';

/** The time between samples, in ms, in the first ten minutes. */
const everyMs = 1_000;
/**
 * Later, the time between samples is this share of the time since the run began. The number of samples grows with the
 * logarithm of that time: a day has about 3,600, a week 4,800.
 */
const shareOfElapsed = 1 / 600;
/** The time between samples is at least this many times the processor time of one, so that it is at most 1 %. */
const timesCost = 100;
/** A last sample that is shorter, in ms, is not taken: ticks of the kernel are 10 ms. */
const shortestMs = 200;
/** Only the groups that use most are recorded. */
const maxGroups = 20;

type Watched = Pick<RunContext, 'spec' | 'session' | 'emit'> & { readonly registry: InstanceRegistry };

/** Samples the machine and the groups of a run, and emits each sample, until disposed of. */
export class MachineWatch implements Disposable {
  readonly #watched: Watched;
  readonly #meters: ReadonlyMap<string, UsageMeter>;
  readonly #began = performance.now();
  #last = readMachine();
  #samples = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(watched: Watched) {
    this.#watched = watched;
    const { processors } = watched.session;
    this.#meters = new Map(watched.spec.groups.map(({ id }) => [id, new UsageMeter(processors, 0)]));
    // The first reading of a meter is its baseline.
    for (const meter of this.#meters.values()) meter.read([]);
    this.#sampleIn(everyMs);
  }

  #sampleIn(ms: number): void {
    this.#timer = setTimeout(() => {
      const usedMs = this.#sample();
      const elapsed = performance.now() - this.#began;
      this.#sampleIn(Math.max(everyMs, elapsed * shareOfElapsed, usedMs * timesCost));
    }, ms);
  }

  /** @returns the processor time that it took, in ms. */
  #sample(): number {
    const before = process.cpuUsage();
    const now = readMachine();
    const sample = sampleBetween(this.#last, now, this.#groups());
    this.#last = now;
    this.#samples++;
    const { user, system } = process.cpuUsage(before);
    this.#watched.emit({ type: 'machine', ...sample });
    return (user + system) / 1_000;
  }

  #groups(): readonly GroupUsage[] {
    const running = [...this.#watched.registry.running];
    const used = [...this.#meters].flatMap(([id, meter]) => {
      const its = running.filter(({ instance }) => instance.group === id);
      const usage = meter.read(its.map(({ handle }) => handle));
      return usage === undefined ? [] : [{ id, ...usage }];
    });
    return used
      .toSorted((a, b) => b.processors - a.processors)
      .slice(0, maxGroups)
      .map(({ id, processors, bytes }) => ({
        id,
        processors: Math.round(processors * 1_000) / 1_000,
        bytes,
      }));
  }

  /** Takes the last sample: all instances have ended. */
  end(): void {
    this[Symbol.dispose]();
    if (this.#samples === 0 || performance.now() - this.#last.at >= shortestMs) this.#sample();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
