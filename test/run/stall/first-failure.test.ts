import { expect, test } from 'vitest';
import type { RunSpec } from '../../../src/plan/run-spec.ts';
import { firstFailure } from '../../../src/run/stall/first-failure.ts';
import { ObservationStore, type Observations } from '../../../src/run/verdict/observations.ts';

/** The first failure in a run of two instances, with these observations of the second one. */
function causeWhere(
  seen: Partial<Observations>,
  expected: RunSpec['groups'][number]['expect'],
): string | undefined {
  const facts = new ObservationStore();
  Object.assign(facts.of({ group: 'g', index: 1 }), seen);
  const groups = [{ id: 'g', instances: 2, expect: expected }];
  return firstFailure({ plan: {}, groups } as unknown as RunSpec, facts, new Set());
}

const ended = { exited: true, code: 0, signal: null };

test.each<[string, Partial<Observations>, string]>([
  ['failed', { ...ended, code: 3 }, 'g[001] failed: exited with status 3'],
  ['crashed', { ...ended, code: null, signal: 'SIGSEGV' }, 'g[001] crashed: killed by SIGSEGV'],
  ['could not be started', { neverStarted: 'EMFILE' }, 'g[001] never-started: EMFILE'],
  ['reported a failure and still runs', { failures: 1, firstFailure: 'oops' }, 'g[001] failed: oops'],
  ['reported a crash and still runs', { crashes: 1, firstCrash: 'boom' }, 'g[001] crashed: boom'],
])('a run has failed because an instance %s', (_, seen, cause) => {
  expect(causeWhere(seen, 'success')).toBe(cause);
});

test('the first of several failures in time has made a run fail', () => {
  const facts = new ObservationStore();
  Object.assign(facts.of({ group: 'g', index: 0 }), { failures: 1, firstFailure: 'later', failedAtMs: 20 });
  Object.assign(facts.of({ group: 'g', index: 1 }), { failures: 1, firstFailure: 'oops', failedAtMs: 10 });
  Object.assign(facts.of({ group: 'g', index: 2 }), { failures: 1, firstFailure: 'last', failedAtMs: 30 });
  const spec = { plan: {}, groups: [{ id: 'g', instances: 3, expect: 'success' }] } as unknown as RunSpec;
  expect(firstFailure(spec, facts, new Set())).toBe('g[001] failed: oops');
});

test('a run has failed if an instance that should still be running reports a failure', () => {
  const text = 'g[001] failed: expected an instance that was still running: oops';
  expect(causeWhere({ failures: 1, firstFailure: 'oops' }, 'running')).toBe(text);
});

test.each<[string, Partial<Observations>, RunSpec['groups'][number]['expect']]>([
  ['passed', { ...ended, succeeded: true }, 'success'],
  ['failed as expected', { ...ended, code: 3 }, 'failure'],
  ['crashed as expected', { ...ended, code: null, signal: 'SIGSEGV' }, 'crash'],
  ['has not ended', {}, 'success'],
  [
    'reported a failure, but may still be killed as expected',
    { failures: 1, firstFailure: 'oops' },
    'killed',
  ],
  ['exited with status 0 without an event, which may still turn out to be incomplete', ended, 'success'],
])('a run has not failed if an instance %s', (_, seen, expected) => {
  expect(causeWhere(seen, expected)).toBeUndefined();
});
