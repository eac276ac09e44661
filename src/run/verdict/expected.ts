import type { Expectation } from '../../plan/run-spec.ts';
import type { Observations } from './observations.ts';
import type { InstanceOutcome } from './outcome.ts';

/** An outcome, and what was seen, in words. */
export interface Judgement {
  readonly outcome: InstanceOutcome;
  readonly reason: string;
}

/**
 * Compares how an instance fared with the final state that it was expected to have.
 * @param judged how it fared where success is expected.
 * @returns success where it is as expected; what it was, or a failure, where it is not.
 */
export function compareWithExpected(
  expected: Expectation,
  facts: Observations,
  judged: Judgement,
): Judgement {
  // What became of an instance that tg had told of the run's failure says nothing of what it would have come to.
  if (expected === 'success' || facts.givenUp !== undefined) return judged;
  const { words, is } = states[expected];
  const complete = facts.outputProblem === undefined;
  if (is(facts, judged) && complete) {
    return { outcome: 'success', reason: `as expected, it ${words}: ${judged.reason}` };
  }
  const outcome = judged.outcome === 'success' ? 'failed' : judged.outcome;
  const reason = complete ? judged.reason : `its output is incomplete: ${facts.outputProblem}`;
  return { outcome, reason: `was expected to be one that ${words}: ${reason}` };
}

const states: Readonly<
  Record<
    Exclude<Expectation, 'success'>,
    { readonly words: string; readonly is: (facts: Observations, judged: Judgement) => boolean }
  >
> = {
  failure: { words: 'failed', is: (_, { outcome }) => outcome === 'failed' },
  crash: {
    words: 'crashed',
    // A program that dies of its own error, and has no SDK that tells, exits with a status and says no failure.
    is: (facts, { outcome }) => outcome === 'crashed' || (endedBadly(facts) && facts.failures === 0),
  },
  killed: { words: 'was killed', is: ({ signal, ending }) => signal !== null && ending === 'by-itself' },
  running: {
    words: 'was still running',
    is: ({ ending, failures, crashes, neverStarted }) =>
      (ending === 'no-longer-needed' || ending === 'timeout') &&
      failures + crashes === 0 &&
      neverStarted === undefined,
  },
};

function endedBadly({ code, ending, succeeded }: Observations): boolean {
  return ending === 'by-itself' && code !== null && code !== 0 && !succeeded;
}
