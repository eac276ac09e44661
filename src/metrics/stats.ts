import { max, mean, min, quantileSorted } from 'simple-statistics';
import type { StatName } from '../plan/threshold.ts';

const quantiles = { p50: 0.5, p95: 0.95, p99: 0.99 } as const;
export type QuantileName = keyof typeof quantiles;
export const quantileNames = Object.keys(quantiles) as QuantileName[];

/** What a metric amounts to. */
export interface Stats extends Readonly<Record<StatName, number>> {
  /**
   * Of a metric that instances have summed up themselves, their quantiles together are not known exactly: what is said of
   * each is the most it can be, and this the least. Null where they are exact.
   */
  readonly least: Readonly<Record<QuantileName, number>> | null;
}

/** @param values at least one. @param count what is counted, where that is not the values. */
export function statsOf(values: readonly number[], count = values.length): Stats {
  const sorted = Float64Array.from(values).sort();
  // The library asks for an array and does nothing that a Float64Array cannot.
  const list = sorted as unknown as number[];
  return {
    count,
    mean: mean(list),
    min: min(list),
    p50: quantileSorted(list, quantiles.p50),
    p95: quantileSorted(list, quantiles.p95),
    p99: quantileSorted(list, quantiles.p99),
    max: max(list),
    least: null,
  };
}

/** How an instance has summed up what it measured. */
export type Distribution = Readonly<Record<StatName, number>>;

/**
 * What several distributions amount to together: counts, means, least and most exactly; a quantile of all lies between the
 * least and the most of theirs, but for what SDKs interpolate between two values.
 * @param parts at least one, none of them empty.
 */
export function together(parts: readonly Distribution[]): Stats {
  const of = (name: StatName) => parts.map((part) => part[name]);
  const least = (name: StatName) => min(of(name));
  const most = (name: StatName) => max(of(name));
  const isExact = quantileNames.every((name) => least(name) === most(name));
  const count = of('count').reduce((sum, each) => sum + each, 0);
  const weighted = parts.reduce((sum, part) => sum + part.count * part.mean, 0);
  return {
    count,
    mean: weighted / count,
    min: least('min'),
    p50: most('p50'),
    p95: most('p95'),
    p99: most('p99'),
    max: most('max'),
    least: isExact ? null : { p50: least('p50'), p95: least('p95'), p99: least('p99') },
  };
}
