import { enoughRuns } from '../../../metrics/comparison/bootstrap.ts';
import { significant } from '../../../metrics/comparison/compare-sides.ts';

/** The statistical test of the p-values. */
export const method = 'Mann–Whitney U, two-sided';

/** What the columns of a comparison mean, a paragraph on each line. */
export const explanation = `95 %: confidence intervals, from 1,000 resamples of the runs if each side has ${enoughRuns} of them, otherwise of the instances: then they say nothing about other runs. A metric that instances summarise themselves has the mean of their quantiles.
P: ${method}, of the means of runs or instances: the probability of a difference at least this large if the sides do not differ. *: P is below ${significant}, or the interval of a change excludes no change.
`;
