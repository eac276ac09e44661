import { type MachineSummary, saturation } from '../machine/machine-summary.ts';

/** The share of the processors and of the memory that runs side by side may use. */
const most = 0.9;

/** What a run that has ended shows about the room that runs need. */
interface Observed {
  /** The machine during the run; null if that is not known. */
  readonly machine: Pick<MachineSummary, 'cpu' | 'memory_max'> | null;
  /** How long it took. Starting processes fills any machine for a moment. */
  readonly tookMs: number;
  /** The greatest number of runs at the same time during it, itself included. */
  readonly beside: number;
  /** The share of memory in use before the first run; null if that is not known. */
  readonly memoryBefore: number | null;
}

/**
 * How many runs the machine has room for at the same time. What else runs on the machine counts as theirs.
 * @param jobs the maximum number.
 * @returns from 1 to `jobs`; `jobs` if nothing is known.
 */
export function runsThatFit(jobs: number, { machine, tookMs, beside, memoryBefore }: Observed): number {
  if (machine === null || tookMs < saturation.leastMs) return jobs;
  const { cpu, memory_max: memory } = machine;
  const byProcessors = cpu === null ? jobs : (most * beside) / cpu.p50;
  const byMemory =
    memory === null || memoryBefore === null || memory <= memoryBefore
      ? jobs
      : ((most - memoryBefore) * beside) / (memory - memoryBefore);
  return Math.max(1, Math.min(jobs, Math.floor(byProcessors), Math.floor(byMemory)));
}
