/** How an instance fared. */
export const instanceOutcomes = [
  'success',
  'failed',
  'crashed',
  'incomplete',
  'timed-out',
  'never-started',
  'canceled',
  'aborted',
] as const;

export type InstanceOutcome = (typeof instanceOutcomes)[number];

/**
 * How a group, a run or several runs fared, from best to worst. `unknown`: an instance did not say that it passed. `canceled`: a person
 * ended it. `error`: it could not begin, because its plan did not build or because something was missing. `failure`: it failed.
 */
export const outcomes = ['success', 'unknown', 'canceled', 'error', 'failure'] as const;

export type Outcome = (typeof outcomes)[number];

/** What several outcomes amount to: the worst of them; success where there are none. */
export function worstOutcome(all: Iterable<Outcome>): Outcome {
  let worst: Outcome = 'success';
  for (const outcome of all) if (outcomes.indexOf(outcome) > outcomes.indexOf(worst)) worst = outcome;
  return worst;
}

/** What the outcome of an instance makes of its run. */
export const runOutcomes: Readonly<Record<InstanceOutcome, Outcome>> = {
  success: 'success',
  incomplete: 'unknown',
  canceled: 'canceled',
  failed: 'failure',
  crashed: 'failure',
  'timed-out': 'failure',
  'never-started': 'failure',
  aborted: 'failure',
};
