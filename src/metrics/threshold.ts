import type { Threshold } from '../plan/threshold.ts';
import type { Sample } from './sample.ts';
import { quantileNames, type Stats } from './stats.ts';
import { fullName, Summary, type SummaryRow } from './summary.ts';

/** The outcome of a threshold: `unknown` if nothing was measured, or not exactly enough. */
export interface JudgedThreshold extends Threshold {
  readonly outcome: 'met' | 'failed' | 'unknown';
  /** The observed value; its upper bound if it is not known exactly. Null if nothing was measured. */
  readonly value: number | null;
  readonly reason: string;
}

/** Evaluates thresholds against the samples of a run. */
export class ThresholdJudge {
  readonly #all: readonly { readonly threshold: Threshold; readonly summary: Summary }[];

  constructor(thresholds: readonly Threshold[]) {
    this.#all = thresholds.map((threshold) => {
      const tagged = threshold.metric.includes(',');
      return { threshold, summary: new Summary(({ tags }) => ({ tags: tagged ? tags : '', group: '' })) };
    });
  }

  add(sample: Sample): void {
    for (const { threshold, summary } of this.#all) {
      const { metric, group } = threshold;
      if (metric.startsWith(sample.name) && (group === null || group === sample.group)) summary.add(sample);
    }
  }

  /** @param unread what could not be read of the run, if anything; a threshold met without it counts as unknown. */
  judge(unread?: string): readonly JudgedThreshold[] {
    return this.#all.map(({ threshold, summary }) => {
      const wanted = inOrder(threshold.metric);
      const rows = summary.rows().filter((row) => fullName(row) === wanted);
      const verdict = judge(threshold, rows);
      if (unread === undefined || verdict.outcome !== 'met') return { ...threshold, ...verdict };
      return { ...threshold, ...verdict, outcome: 'unknown', reason: `${verdict.reason}, but ${unread}` };
    });
  }
}

/** A metric name with its tags in alphabetical order, as they are when read. */
function inOrder(metric: string): string {
  const [name = '', ...tags] = metric.split(',');
  return [name, ...tags.sort()].join(',');
}

type Verdict = Pick<JudgedThreshold, 'outcome' | 'value' | 'reason'>;

/** If several kinds of metrics have one name, the worst outcome counts. */
function judge(threshold: Threshold, rows: readonly SummaryRow[]): Verdict {
  const verdicts = rows.map((row) => judgeStats(threshold, row));
  const [worst] = (['failed', 'unknown', 'met'] as const).flatMap((outcome) =>
    verdicts.filter((verdict) => verdict.outcome === outcome),
  );
  return worst ?? { outcome: 'unknown', value: null, reason: 'no metric of that name was recorded' };
}

function judgeStats({ stat, below, above }: Threshold, stats: Stats): Verdict {
  const most = stats[stat];
  const [quantile] = quantileNames.filter((name) => name === stat);
  const least = stats.least === null || quantile === undefined ? most : stats.least[quantile];
  const reason = least === most ? `it was ${most}` : `it was between ${least} and ${most}`;
  const kept = (below === null || most < below) && (above === null || least > above);
  const broken = (below !== null && least >= below) || (above !== null && most <= above);
  // NaN neither meets nor breaks a bound.
  return { outcome: kept ? 'met' : broken ? 'failed' : 'unknown', value: most, reason };
}
