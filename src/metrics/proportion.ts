import { bisect, gammaln } from 'simple-statistics';

/** How often something happened, with a 95 % confidence interval of its probability. */
export interface Proportion {
  readonly count: number;
  readonly of: number;
  readonly low: number;
  readonly high: number;
}

const error = 0.05;
const maxSteps = 100;
const precision = 1e-9;

/**
 * The exact interval of a probability. If something happened never or always, only one end is open, and that end has
 * all of the 5 %: after 0 of 40, the probability is at most 7.2 %.
 * @param count from 0 to `of`. @param of at least 1.
 * @see Clopper and Pearson, The Use of Confidence or Fiducial Limits Illustrated in the Case of the Binomial, 1934.
 */
export function proportionOf(count: number, of: number): Proportion {
  if (count === 0) return { count, of, low: 0, high: 1 - error ** (1 / of) };
  if (count === of) return { count, of, low: error ** (1 / of), high: 1 };
  const low = bisect((p) => 1 - atMost(count - 1, of, p) - error / 2, 0, count / of, maxSteps, precision);
  const high = bisect((p) => atMost(count, of, p) - error / 2, count / of, 1, maxSteps, precision);
  return { count, of, low: Number(low), high: Number(high) };
}

/** The probability that something happens at most this often. @param p its probability each time. */
function atMost(count: number, of: number, p: number): number {
  if (p <= 0) return 1;
  if (p >= 1) return 0;
  let sum = 0;
  for (let times = 0; times <= count; times++) {
    const ways = gammaln(of + 1) - gammaln(times + 1) - gammaln(of - times + 1);
    sum += Math.exp(ways + times * Math.log(p) + (of - times) * Math.log1p(-p));
  }
  return sum;
}
