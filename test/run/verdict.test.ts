import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FactBook, type Facts } from '../../src/run/facts.ts';
import { judgeInstance } from '../../src/run/verdict.ts';

const instance = { group: 'single', index: 0 };

function facts(seen: Partial<Facts>): Facts {
  return { ...new FactBook().of(instance), code: 0, ...seen };
}

test.each<[string, Partial<Facts>, boolean, string, RegExp]>([
  ['success and status 0', { succeeded: true }, true, 'success', /said success and exited with status 0/],
  ['no SDK and status 0', {}, false, 'success', /the plan uses no SDK/],
  ['an SDK, status 0 and silence', {}, true, 'incomplete', /said neither success nor failure/],
  [
    'success and status 1',
    { succeeded: true, code: 1 },
    true,
    'failed',
    /said success, then exited with status 1/,
  ],
  ['silence and status 3', { code: 3 }, true, 'failed', /^exited with status 3$/],
  [
    'no SDK and status 3',
    { code: 3, errorWords: 'Error: x' },
    false,
    'failed',
    /status 3; stderr says: Error: x/,
  ],
  ['a failure', { failures: 1, firstFailure: 'oops', code: 1 }, true, 'failed', /^oops$/],
  ['a failure and status 0', { failures: 1, firstFailure: 'oops' }, true, 'failed', /^oops$/],
  [
    'success and a failure',
    { succeeded: true, failures: 2, firstFailure: 'oops' },
    true,
    'failed',
    /^oops \(and 1 more\)$/,
  ],
  ['success and a crash', { succeeded: true, crashes: 1, firstCrash: 'boom' }, true, 'crashed', /^boom$/],
  ['a signal', { code: null, signal: 'SIGSEGV' }, true, 'crashed', /^killed by SIGSEGV/],
  ['success and a signal', { succeeded: true, code: null, signal: 'SIGKILL' }, true, 'crashed', /SIGKILL/],
  [
    'success and lost output',
    { succeeded: true, outputProblem: 'it shrank' },
    true,
    'incomplete',
    /but its output is incomplete: it shrank/,
  ],
  ['no SDK and lost output', { outputProblem: 'it shrank' }, false, 'incomplete', /it shrank/],
  [
    'a timeout',
    { ending: 'timeout', signal: 'SIGTERM', lastWords: 'hm', waitingFor: 'at barrier "x" (1 of 2)' },
    true,
    'timed-out',
    /at barrier "x" \(1 of 2\); last output: hm/,
  ],
  [
    'success, and still there at the timeout',
    { ending: 'timeout', succeeded: true },
    true,
    'timed-out',
    /had said success/,
  ],
  [
    'a failure, and still there at the timeout',
    { ending: 'timeout', failures: 1, firstFailure: 'oops' },
    true,
    'failed',
    /oops/,
  ],
  ['a cancel', { ending: 'canceled', signal: 'SIGTERM' }, true, 'canceled', /it had said nothing/],
  ['a lost store', { ending: 'store-lost' }, true, 'aborted', /sync store went away/],
  [
    'a lost launcher',
    { ending: 'launcher-lost', succeeded: true },
    true,
    'aborted',
    /not known.*had said success/,
  ],
  ['never started', { neverStarted: 'no such file' }, true, 'never-started', /no such file/],
])('%s', (_, seen, sdk, outcome, reason) => {
  const verdict = judgeInstance(facts(seen), sdk);
  expect(verdict.outcome).toBe(outcome);
  expect(verdict.reason).toMatch(reason);
});

test('property: the verdict is never kinder than the facts', () => {
  const any = fc.record({
    sdkSeen: fc.boolean(),
    succeeded: fc.boolean(),
    failures: fc.nat(1),
    crashes: fc.nat(1),
    code: fc.constantFrom(0, 1, null),
    signal: fc.constantFrom(null, 'SIGTERM' as const),
    ending: fc.constantFrom(
      'by-itself' as const,
      'timeout' as const,
      'canceled' as const,
      'store-lost' as const,
      'launcher-lost' as const,
    ),
    outputProblem: fc.constantFrom(undefined, 'lost'),
    neverStarted: fc.constantFrom(undefined, 'why'),
    givenUp: fc.constantFrom(undefined, 'why'),
  });
  fc.assert(
    fc.property(any, fc.boolean(), (seen, sdk) => {
      const { outcome, reason } = judgeInstance(facts(seen), sdk);
      if (outcome !== 'success') return;
      expect(seen).toMatchObject({
        failures: 0,
        crashes: 0,
        signal: null,
        ending: 'by-itself',
        givenUp: undefined,
      });
      // One that was started by hand has no status that could be seen: the verdict says so.
      expect(seen.code === 0 || (seen.code === null && reason.includes('its exit status was not seen'))).toBe(
        true,
      );
      expect(seen.outputProblem ?? seen.neverStarted).toBeUndefined();
      expect(seen.succeeded || !sdk).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});
