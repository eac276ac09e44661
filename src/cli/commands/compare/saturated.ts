import { machineOf } from '../../../history/result.ts';
import type { ComparedRuns } from './sides.ts';

/** The number of runs of a side during which the machine was saturated. */
export function saturatedRuns({ records }: Pick<ComparedRuns, 'records'>): number {
  return records.filter((record) => machineOf(record)?.saturated === true).length;
}

/** What to warn of about each side whose times may be those of a saturated machine, one per line. */
export function saturationLines(sides: readonly ComparedRuns[]): string[] {
  return sides.flatMap((side) => {
    const count = saturatedRuns(side);
    if (count === 0) return [];
    const all = side.records.length;
    const when = all === 1 ? '' : ` during ${count} of ${all} runs`;
    return [`${side.name}: the machine was saturated${when}: latencies may be the machine's`];
  });
}
