import { shareText } from '../../values/percent.ts';
import { type MachineSample, roundedShare } from './machine-sample.ts';

/**
 * When the machine counts as saturated: for a sample, if its processors are busy for at least this share of its time,
 * or the hypervisor takes at least that share. For a run, if such samples cover more than this share of it, and at
 * least this many ms: starting processes fills any machine for a moment.
 */
export const saturation = { cpu: 0.95, steal: 0.1, ofRun: 0.2, leastMs: 3_000 } as const;

/** The machine during a run. Shares are from 0 to 1; null is unknown. */
export interface MachineSummary {
  /** How many processors tg and its instances could use. */
  readonly cores: number;
  /** The share of the time of the processors in which they were not idle. */
  readonly cpu: { readonly p50: number; readonly p95: number; readonly max: number } | null;
  /** The share of the time of the processors that the hypervisor took. */
  readonly steal: { readonly mean: number; readonly max: number } | null;
  /** The largest share of memory in use. */
  readonly memory_max: number | null;
  /** The highest load average over one minute. */
  readonly load_max: number | null;
  readonly saturated: boolean;
  /** The share of the run in which it was saturated. */
  readonly saturated_share: number;
  /** What was saturated, as text; null if it was not. */
  readonly reason: string | null;
}

type Kept = Omit<MachineSample, 'groups'>;

/** Collects the samples of a run. */
export class MachineSamples {
  readonly #samples: Kept[] = [];

  add({ forMs, cores, cpu, steal, memory, load }: MachineSample): void {
    this.#samples.push({ forMs, cores, cpu, steal, memory, load });
  }

  /** Null without samples. */
  summary(): MachineSummary | null {
    const last = this.#samples.at(-1);
    if (last === undefined) return null;
    const [cpu, steal] = [this.#weighted('cpu'), this.#weighted('steal')];
    return {
      cores: last.cores,
      cpu: cpu.length === 0 ? null : { p50: at(cpu, 0.5), p95: at(cpu, 0.95), max: at(cpu, 1) },
      steal: steal.length === 0 ? null : { mean: roundedShare(meanOf(steal)), max: at(steal, 1) },
      memory_max: this.#highest('memory'),
      load_max: this.#highest('load'),
      ...this.#saturation(last.cores),
    };
  }

  #saturation(cores: number): Pick<MachineSummary, 'saturated' | 'saturated_share' | 'reason'> {
    const all = timeOf(this.#samples);
    const busyMs = timeOf(this.#samples.filter(isBusy));
    const stolenMs = timeOf(this.#samples.filter(hasSteal));
    const saturatedMs = timeOf(this.#samples.filter((its) => isBusy(its) || hasSteal(its)));
    const share = all === 0 ? 0 : roundedShare(saturatedMs / all);
    const saturated = share > saturation.ofRun && saturatedMs >= saturation.leastMs;
    const ofRun = (ms: number) => `for ${shareText(ms / all, 0)} of the run`;
    const reasons = [
      ...(busyMs > 0 ? [`${processors(cores)} at least 95 % busy ${ofRun(busyMs)}`] : []),
      ...(stolenMs > 0 ? [`at least 10 % of processor time taken by the hypervisor ${ofRun(stolenMs)}`] : []),
    ];
    return { saturated, saturated_share: share, reason: saturated ? reasons.join('; ') : null };
  }

  /** The known values of a share with the time of each, the lowest first. */
  #weighted(name: 'cpu' | 'steal'): Weighted[] {
    return this.#samples
      .flatMap(({ forMs, [name]: value }) => (value === null ? [] : [{ value, forMs }]))
      .sort((a, b) => a.value - b.value);
  }

  #highest(name: 'memory' | 'load'): number | null {
    return this.#samples.reduce<number | null>(
      (highest, { [name]: value }) => (value === null ? highest : Math.max(highest ?? value, value)),
      null,
    );
  }
}

/** What to warn of if the machine was saturated; undefined if it was not. */
export function saturationText(machine: MachineSummary | null): string | undefined {
  if (machine?.saturated !== true) return undefined;
  return `the machine was saturated for ${shareText(machine.saturated_share, 0)} of the run: latencies may be the machine's`;
}

function isBusy({ cpu }: Kept): boolean {
  return (cpu ?? 0) >= saturation.cpu;
}

function hasSteal({ steal }: Kept): boolean {
  return (steal ?? 0) >= saturation.steal;
}

function timeOf(samples: readonly { readonly forMs: number }[]): number {
  return samples.reduce((sum, { forMs }) => sum + forMs, 0);
}

interface Weighted {
  readonly value: number;
  readonly forMs: number;
}

/** The value that a share of the time does not exceed. */
function at(inOrder: readonly Weighted[], share: number): number {
  const wanted = share * timeOf(inOrder);
  let passed = 0;
  for (const { value, forMs } of inOrder) {
    passed += forMs;
    if (passed >= wanted) return value;
  }
  return inOrder.at(-1)?.value ?? 0;
}

function meanOf(values: readonly Weighted[]): number {
  const time = timeOf(values);
  return time === 0 ? 0 : values.reduce((sum, { value, forMs }) => sum + value * forMs, 0) / time;
}

function processors(cores: number): string {
  if (cores === 1) return 'the processor';
  return Number.isInteger(cores) ? `all ${cores} processors` : `a limit of ${cores} processors`;
}
