import type { FaultReport } from '../../faults/injector.ts';
import type { FaultSpec } from '../../plan/fault/fault.ts';
import { faultText } from '../../plan/fault/fault-text.ts';
import type { FaultVerdict } from '../verdict/result.ts';

/** What has come of the faults of a run. */
export class FaultCounts {
  readonly #injected = new Map<number, number>();
  /** The first problem of each fault, as text. */
  readonly #problems = new Map<number, string>();

  add(report: FaultReport): void {
    const { fault } = report;
    if (report.did === 'inject') this.#injected.set(fault, report.nth);
    if (report.did === 'fail' && !this.#problems.has(fault)) this.#problems.set(fault, report.why);
  }

  /** @param faults those of the run, in order. */
  result(faults: readonly FaultSpec[]): readonly FaultVerdict[] {
    return faults.map((fault, index) => ({
      fault: faultText(fault),
      injected: this.#injected.get(index + 1) ?? 0,
      problem: this.#problems.get(index + 1) ?? null,
    }));
  }
}
