import type { Found } from '../../plan/resolve/layered-config.ts';
import type { RunnerConfig } from '../../plan/resolve/runner-info.ts';
import { TgError } from '../../util/errors.ts';

/** The key of run configuration for what a run is worth whose network was not delivered as asked. */
export const fidelityKey = 'fidelity';

/** Reads `fidelity`: `report`, or `strict`. */
export function readFidelity(found: ReadonlyMap<string, Found<unknown>>): RunnerConfig {
  const its = found.get(fidelityKey);
  if (its === undefined) return { values: {}, doubts: [] };
  if (its.value === 'report' || its.value === 'strict')
    return { values: { [fidelityKey]: its.value }, doubts: [] };
  throw new TgError('usage', `unknown value of fidelity ${JSON.stringify(its.value)}`, {
    where: its.where,
    hint: 'Choose report, or strict: the outcome is unknown if the network was not delivered as asked.',
  });
}
