/** The possible outcomes of an instance. `faulted`: ended by a fault that the run injected. */
export const instanceOutcomes = [
  'success',
  'faulted',
  'failed',
  'crashed',
  'incomplete',
  'timed-out',
  'never-started',
  'canceled',
  'aborted',
] as const;

export type InstanceOutcome = (typeof instanceOutcomes)[number];

/** The outcomes of an instance that has passed. */
export type PassedOutcome = 'success' | 'faulted';

/** Whether an instance has passed: it has succeeded, or was ended by a fault as the run asked for. */
export function hasPassed(outcome: InstanceOutcome): outcome is PassedOutcome {
  return outcome === 'success' || outcome === 'faulted';
}

/**
 * The possible outcomes of a group, a run or several runs, from best to worst. `unknown`: an instance did not
 * report success. `canceled`: a person ended it. `error`: it could not begin, because its plan did not build or
 * something was missing. `failure`: it failed.
 */
export const outcomes = ['success', 'unknown', 'canceled', 'error', 'failure'] as const;

export type Outcome = (typeof outcomes)[number];

/** The worst of several outcomes; success if there are none. */
export function worstOutcome(all: Iterable<Outcome>): Outcome {
  let worst: Outcome = 'success';
  for (const outcome of all) if (outcomes.indexOf(outcome) > outcomes.indexOf(worst)) worst = outcome;
  return worst;
}

/** The outcome of a run, by the outcome of its worst instance. */
export const runOutcomes: Readonly<Record<InstanceOutcome, Outcome>> = {
  success: 'success',
  faulted: 'success',
  incomplete: 'unknown',
  canceled: 'canceled',
  failed: 'failure',
  crashed: 'failure',
  'timed-out': 'failure',
  'never-started': 'failure',
  aborted: 'failure',
};
