import { expect, test } from 'vitest';
import type { RunSpec } from '../../../src/plan/run-spec.ts';
import { firstFailure } from '../../../src/run/stall/first-failure.ts';
import { ObservationStore, type Observations } from '../../../src/run/verdict/observations.ts';

/** What makes a run of two fail, of which the second does what is given. */
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
  ['said so, and runs still', { failures: 1, firstFailure: 'oops' }, 'g[001] failed: oops'],
  ['crashed, and runs still', { crashes: 1, firstCrash: 'boom' }, 'g[001] crashed: boom'],
])('a run has failed once an instance has %s, in its words', (_, seen, cause) => {
  expect(causeWhere(seen, 'success')).toBe(cause);
});

test('one that was to run still, and says a failure, makes the run fail', () => {
  const text = 'g[001] failed: expected an instance that was still running: oops';
  expect(causeWhere({ failures: 1, firstFailure: 'oops' }, 'running')).toBe(text);
});

test.each<[string, Partial<Observations>, RunSpec['groups'][number]['expect']]>([
  ['passed', { ...ended, succeeded: true }, 'success'],
  ['failed as was expected', { ...ended, code: 3 }, 'failure'],
  ['crashed as was expected', { ...ended, code: null, signal: 'SIGSEGV' }, 'crash'],
  ['not ended', {}, 'success'],
  ['not ended, and may yet be killed as was expected', { failures: 1, firstFailure: 'oops' }, 'killed'],
  ['ended in silence, which another may yet make incomplete', ended, 'success'],
])('and not where it has %s', (_, seen, expected) => {
  expect(causeWhere(seen, expected)).toBeUndefined();
});
