import { expect, test } from 'vitest';
import type { Expectation } from '../../../src/plan/run-spec.ts';
import { compareWithExpected } from '../../../src/run/verdict/expected.ts';
import { judgeInstance } from '../../../src/run/verdict/judge-instance.ts';
import { ObservationStore, type Observations } from '../../../src/run/verdict/observations.ts';

/** The verdict on an instance of which something other than success is expected. */
function compared(expected: Expectation, seen: Partial<Observations>) {
  const facts = { ...new ObservationStore().of({ group: 'g', index: 0 }), code: 0, ...seen };
  return compareWithExpected(expected, facts, judgeInstance(facts, true));
}

const fails: Partial<Observations> = { failures: 1, firstFailure: 'oops' };
const panics: Partial<Observations> = { crashes: 1, firstCrash: 'boom', code: 2 };
const isKilled: Partial<Observations> = { code: null, signal: 'SIGKILL' };
const stays: Partial<Observations> = { ending: 'no-longer-needed', signal: 'SIGTERM', code: null };

test.each<[Expectation, Partial<Observations>, reason: string]>([
  ['failure', fails, 'as expected, it failed: oops'],
  ['failure', { code: 3 }, 'as expected, it failed: exited with status 3'],
  ['crash', panics, 'as expected, it crashed: boom'],
  ['crash', { code: null, signal: 'SIGSEGV' }, 'as expected, it crashed: killed by SIGSEGV'],
  // Without an SDK, only the exit status indicates a crash.
  ['crash', { code: 101 }, 'as expected, it crashed: exited with status 101'],
  ['killed', isKilled, 'as expected, it was killed: killed by SIGKILL, which tg did not send'],
  ['killed', { ...isKilled, ...fails }, 'as expected, it was killed: oops'],
  [
    'running',
    stays,
    'as expected, it was still running: still running when all others had ended; it had printed nothing',
  ],
  [
    'running',
    { ...stays, ending: 'timeout' },
    'as expected, it was still running: still running at the timeout; it had printed nothing',
  ],
])('judges an instance as a success if %s is expected and seen: %j', (expected, seen, reason) => {
  expect(compared(expected, seen)).toEqual({ outcome: 'success', reason });
});

test.each<[Expectation, Partial<Observations>, outcome: string, reason: string]>([
  ['failure', { succeeded: true }, 'failed', 'failed: reported success and exited with status 0'],
  ['failure', panics, 'crashed', 'failed: boom'],
  [
    'failure',
    { ...stays, ending: 'timeout' },
    'timed-out',
    'failed: still running at the timeout; it had printed nothing',
  ],
  ['crash', fails, 'failed', 'crashed: oops'],
  ['crash', { ...fails, code: 2 }, 'failed', 'crashed: oops'],
  ['crash', { succeeded: true, code: 2 }, 'failed', 'crashed: reported success, then exited with status 2'],
  ['crash', { succeeded: true }, 'failed', 'crashed: reported success and exited with status 0'],
  ['crash', {}, 'incomplete', 'crashed: exited with status 0 and reported neither success nor failure'],
  [
    'crash',
    { byHand: true, code: null },
    'incomplete',
    'crashed: reported neither success nor failure; exit status unknown: started by hand',
  ],
  ['running', { ...stays, ...fails, ...panics }, 'crashed', 'was still running: boom'],
  [
    'crash',
    { ending: 'timeout', code: 2 },
    'timed-out',
    'crashed: still running at the timeout; it had printed nothing',
  ],
  [
    'killed',
    { ...isKilled, ending: 'timeout' },
    'timed-out',
    'was killed: still running at the timeout; it had printed nothing',
  ],
  ['killed', { code: 1 }, 'failed', 'was killed: exited with status 1'],
  ['running', { succeeded: true }, 'failed', 'was still running: reported success and exited with status 0'],
  ['running', { ...stays, ...fails }, 'failed', 'was still running: oops'],
  ['running', { ...stays, ...panics }, 'crashed', 'was still running: boom'],
  ['running', { ...stays, neverStarted: 'no such file' }, 'never-started', 'was still running: no such file'],
  [
    'running',
    { ...stays, ending: 'store-lost' },
    'aborted',
    'was still running: ended because the sync store went away; it had printed nothing',
  ],
])(
  'judges an instance as no success if %s is expected and not seen: %j',
  (expected, seen, outcome, reason) => {
    expect(compared(expected, seen)).toEqual({ outcome, reason: `expected an instance that ${reason}` });
  },
);

test.each<[Expectation, Partial<Observations>, outcome: string, text: string]>([
  ['failure', fails, 'failed', 'failed'],
  ['crash', panics, 'crashed', 'crashed'],
  ['killed', isKilled, 'crashed', 'was killed'],
  ['running', stays, 'canceled', 'was still running'],
])(
  'judges an instance as no success if %s is expected and its output was lost',
  (expected, seen, outcome, text) => {
    expect(compared(expected, { ...seen, outputProblem: 'it shrank' })).toEqual({
      outcome,
      reason: `expected an instance that ${text}: its output is incomplete: it shrank`,
    });
  },
);

test.each<Expectation>(['failure', 'crash', 'killed', 'running'])(
  'judges an instance as aborted if %s is expected and it was waiting when the run was abandoned',
  (expected) => {
    expect(compared(expected, { ...fails, abandonReason: 'why' })).toEqual({
      outcome: 'aborted',
      reason: 'waiting when the run was abandoned (why), and exited with status 0, reporting: oops',
    });
  },
);
