import type { Expectation } from '../../plan/run-spec.ts';
import type { Observations } from './observations.ts';
import { hasPassed, type InstanceOutcome } from './outcomes.ts';

/** An outcome and its reason, as text. */
export interface Judgement {
  readonly outcome: InstanceOutcome;
  readonly reason: string;
}

/**
 * Compares an instance's outcome with its expected final state.
 * @param judged the verdict if success were expected.
 * @returns success if the state is as expected; otherwise the judged outcome, or `failed` if that was success.
 */
export function compareWithExpected(
  expected: Expectation,
  facts: Observations,
  judged: Judgement,
): Judgement {
  // The run was abandoned and this instance's waits were aborted, so its own outcome says nothing about the
  // expected one.
  if (expected === 'success' || facts.abandonReason !== undefined) return judged;
  const { text, is } = states[expected];
  const complete = facts.outputProblem === undefined;
  if (is(facts, judged) && complete) {
    return { outcome: 'success', reason: `as expected, it ${text}: ${judged.reason}` };
  }
  const outcome = hasPassed(judged.outcome) ? 'failed' : judged.outcome;
  const reason = complete ? judged.reason : `its output is incomplete: ${facts.outputProblem}`;
  return { outcome, reason: `expected an instance that ${text}: ${reason}` };
}

const states: Readonly<
  Record<
    Exclude<Expectation, 'success'>,
    { readonly text: string; readonly is: (facts: Observations, judged: Judgement) => boolean }
  >
> = {
  failure: { text: 'failed', is: (_, { outcome }) => outcome === 'failed' },
  crash: {
    text: 'crashed',
    // A program without an SDK that reports crashes exits with a non-zero status and reports no failure.
    is: (facts, { outcome }) =>
      outcome === 'crashed' || (outcome !== 'faulted' && endedBadly(facts) && facts.failures === 0),
  },
  killed: { text: 'was killed', is: ({ signal, ending }) => signal !== null && ending === 'by-itself' },
  running: {
    text: 'was still running',
    is: ({ ending, failures, crashes, neverStarted }) =>
      (ending === 'no-longer-needed' || ending === 'timeout') &&
      failures + crashes === 0 &&
      neverStarted === undefined,
  },
};

function endedBadly({ code, ending, succeeded }: Observations): boolean {
  return ending === 'by-itself' && code !== null && code !== 0 && !succeeded;
}
