import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type FaultKind, faultKinds } from '../../../src/plan/fault/fault.ts';
import { judgeInstance } from '../../../src/run/verdict/judge-instance.ts';
import { ObservationStore, type Observations } from '../../../src/run/verdict/observations.ts';

const instance = { group: 'single', index: 0 };

function facts(seen: Partial<Observations>): Observations {
  return { ...new ObservationStore().of(instance), code: 0, ...seen };
}

const kill = { kind: 'kill', text: 'kill it' } as const;
const stop = { kind: 'stop', text: 'stop it' } as const;
const lost = { outputProblem: 'it shrank' };

test('only a fault that ends instances excuses a SIGKILL', () => {
  const outcomeAfter = (kind: FaultKind) => {
    const store = new ObservationStore();
    store.learn({ type: 'fault', fault: 1, kind, text: kind, did: 'inject', nth: 1, instances: [instance] });
    Object.assign(store.of(instance), { code: null, signal: 'SIGKILL', exited: true });
    return judgeInstance(store.of(instance), true).outcome;
  };
  const excusing = faultKinds.filter((kind) => outcomeAfter(kind) === 'faulted');
  expect(excusing).toEqual(['kill', 'stop', 'restart']);
  for (const kind of faultKinds) expect(outcomeAfter(kind)).toBeOneOf(['faulted', 'crashed']);
});

test.each<[title: string, seen: Partial<Observations>, outcome: string, reason: string]>([
  ['success and status 0', { succeeded: true }, 'success', 'reported success and exited with status 0'],
  [
    'status 0 without a reported outcome',
    {},
    'incomplete',
    'exited with status 0 and reported neither success nor failure',
  ],
  [
    'success and status 1',
    { succeeded: true, code: 1 },
    'failed',
    'reported success, then exited with status 1',
  ],
  ['status 3 without a reported outcome', { code: 3 }, 'failed', 'exited with status 3'],
  [
    'status 3, text on stderr and lost output',
    { code: 3, errorText: 'Error: x', ...lost },
    'failed',
    'exited with status 3; stderr: Error: x; its output is incomplete: it shrank',
  ],
  ['a failure', { failures: 1, firstFailure: 'oops', code: 1 }, 'failed', 'oops'],
  ['a failure and status 0', { failures: 1, firstFailure: 'oops' }, 'failed', 'oops'],
  [
    'success and two failures',
    { succeeded: true, failures: 2, firstFailure: 'oops' },
    'failed',
    'oops (and 1 more)',
  ],
  ['success and a crash', { succeeded: true, crashes: 1, firstCrash: 'boom' }, 'crashed', 'boom'],
  [
    'three crashes and a failure',
    { crashes: 3, firstCrash: 'boom', failures: 1 },
    'crashed',
    'boom (and 2 more)',
  ],
  [
    'SIGKILL by a fault',
    { code: null, signal: 'SIGKILL', endedBy: kill },
    'faulted',
    'ended by a fault: kill it',
  ],
  [
    'SIGKILL by a restart',
    { code: null, signal: 'SIGKILL', endedBy: { ...kill, kind: 'restart' } },
    'faulted',
    'ended by a fault: kill it',
  ],
  [
    'another signal when a fault was to kill it',
    { code: null, signal: 'SIGSEGV', endedBy: kill },
    'crashed',
    'killed by SIGSEGV',
  ],
  ['a status when a fault was to kill it', { code: 1, endedBy: kill }, 'failed', 'exited with status 1'],
  [
    'success when a fault was to kill it',
    { succeeded: true, endedBy: kill },
    'success',
    'reported success and exited with status 0',
  ],
  [
    'a failure before a fault',
    { failures: 1, firstFailure: 'oops', code: null, signal: 'SIGKILL', endedBy: kill },
    'failed',
    'oops',
  ],
  [
    'SIGKILL by a fault and lost output',
    { code: null, signal: 'SIGKILL', endedBy: kill, ...lost },
    'incomplete',
    'ended by a fault (kill it), but its output is incomplete: it shrank',
  ],
  [
    'SIGTERM by a fault',
    { code: null, signal: 'SIGTERM', endedBy: stop },
    'faulted',
    'ended by a fault: stop it',
  ],
  ['status 0 after it was stopped', { endedBy: stop }, 'faulted', 'ended by a fault: stop it'],
  ['status 143 after it was stopped', { code: 143, endedBy: stop }, 'faulted', 'ended by a fault: stop it'],
  [
    'success after it was stopped',
    { succeeded: true, endedBy: stop },
    'success',
    'reported success and exited with status 0',
  ],
  ['status 2 after it was stopped', { code: 2, endedBy: stop }, 'failed', 'exited with status 2'],
  [
    'a fatal signal after it was stopped',
    { code: null, signal: 'SIGSEGV', endedBy: stop },
    'crashed',
    'killed by SIGSEGV',
  ],
  [
    'the timeout while a fault paused it',
    { ending: 'timeout', suspended: true, pausedBy: 'pause it' },
    'timed-out',
    'still running at the timeout; a fault had paused it (pause it)',
  ],
  [
    'the timeout while it was down',
    { ending: 'timeout', code: null, signal: 'SIGKILL', endedBy: { kind: 'restart', text: 'restart it' } },
    'timed-out',
    'still running at the timeout; a fault had taken it down (restart it)',
  ],
  ['a fatal signal', { code: null, signal: 'SIGSEGV' }, 'crashed', 'killed by SIGSEGV'],
  [
    'a fatal signal, text on stderr and lost output',
    { code: null, signal: 'SIGABRT', errorText: 'oh', ...lost },
    'crashed',
    'killed by SIGABRT; stderr: oh; its output is incomplete: it shrank',
  ],
  [
    'success and SIGKILL',
    { succeeded: true, code: null, signal: 'SIGKILL' },
    'crashed',
    'killed by SIGKILL, which tg did not send',
  ],
  [
    'SIGKILL after the kernel killed 1 process for lack of memory',
    { code: null, signal: 'SIGKILL', oomKills: 1 },
    'crashed',
    'killed by SIGKILL, possibly out of memory: the kernel has killed 1 process for lack of memory since the run began',
  ],
  [
    'SIGKILL after the kernel killed 2 processes for lack of memory',
    { code: null, signal: 'SIGKILL', oomKills: 2 },
    'crashed',
    'killed by SIGKILL, possibly out of memory: the kernel has killed 2 processes for lack of memory since the run began',
  ],
  [
    'SIGTERM after the kernel killed 2 processes for lack of memory',
    { code: null, signal: 'SIGTERM', oomKills: 2 },
    'crashed',
    'killed by SIGTERM',
  ],
  [
    'success and lost output',
    { succeeded: true, ...lost },
    'incomplete',
    'reported success, but its output is incomplete: it shrank',
  ],
  [
    'status 0 and lost output',
    lost,
    'incomplete',
    'exited with status 0, but its output is incomplete: it shrank',
  ],
  [
    'a failure, and still running at the timeout',
    { ending: 'timeout', failures: 1, firstFailure: 'oops' },
    'failed',
    'oops',
  ],
  ['an instance that never started', { neverStarted: 'no such file' }, 'never-started', 'no such file'],
  [
    'an instance that was canceled before it started',
    { neverStarted: 'interrupted', ending: 'canceled' },
    'canceled',
    'interrupted',
  ],
  [
    'an instance started by hand, with success',
    { byHand: true, succeeded: true, code: null },
    'success',
    'reported success; exit status unknown: started by hand',
  ],
  [
    'an instance started by hand, without a reported outcome',
    { byHand: true, code: null },
    'incomplete',
    'reported neither success nor failure; exit status unknown: started by hand',
  ],
  [
    'an instance started by hand, with success and lost output',
    { byHand: true, succeeded: true, code: null, ...lost },
    'incomplete',
    'its output is incomplete: it shrank',
  ],
  [
    'an instance started by hand, with success and a failure',
    { byHand: true, succeeded: true, code: null, failures: 1, firstFailure: 'oops' },
    'failed',
    'oops',
  ],
  [
    'success and an unknown exit status',
    { succeeded: true, code: null },
    'incomplete',
    'reported success, but its exit status is unknown',
  ],
  [
    'an unknown exit status without a reported outcome',
    { code: null },
    'incomplete',
    'reported neither success nor failure, and its exit status is unknown',
  ],
  [
    'success, an unknown exit status and lost output',
    { succeeded: true, code: null, ...lost },
    'incomplete',
    'its output is incomplete: it shrank',
  ],
])('judges %s', (_, seen, outcome, reason) => {
  expect(judgeInstance(facts(seen), true)).toEqual({ outcome, reason });
});

test('judges status 0 as success if no SDK is expected, unless output is lost', () => {
  expect(judgeInstance(facts({}), false)).toEqual({
    outcome: 'success',
    reason: 'exited with status 0 (the plan uses no SDK)',
  });
  expect(judgeInstance(facts(lost), false).outcome).toBe('incomplete');
  expect(judgeInstance(facts({ code: 3 }), false).outcome).toBe('failed');
});

test.each<[Observations['ending'], outcome: string, how: string]>([
  ['timeout', 'timed-out', 'still running at the timeout'],
  ['store-lost', 'aborted', 'ended because the sync store went away'],
  ['runner-lost', 'aborted', 'how it ended is unknown: the tg process that starts the instances was lost'],
  ['refused', 'aborted', 'ended because the sidecar refused a network setting'],
  ['abandoned', 'aborted', 'ended because the run was abandoned'],
  ['disk-full', 'aborted', 'ended because the disk is full'],
  ['max-output', 'aborted', 'ended because the run wrote more than --max-output'],
  ['no-longer-needed', 'canceled', 'still running when all others had ended'],
  ['canceled', 'canceled', 'ended before it had finished'],
])('judges an instance that tg ended: %s', (ending, outcome, how) => {
  const of = (seen: Partial<Observations>) =>
    judgeInstance(facts({ ending, signal: 'SIGTERM', ...seen }), true);
  expect(of({})).toEqual({ outcome, reason: `${how}; it had printed nothing` });
  expect(of({ succeeded: true })).toEqual({ outcome, reason: `${how}; had reported success` });
  expect(of({ suspended: true, waitingFor: 'at barrier "x" (1 of 2)', lastOutput: 'hm' })).toEqual({
    outcome,
    reason: `${how}; it was stopped (SIGSTOP); at barrier "x" (1 of 2); last output: hm`,
  });
});

test.each<[title: string, seen: Partial<Observations>, words: string]>([
  ['exited with status 1', { code: 1 }, 'and exited with status 1'],
  ['was killed by a signal', { code: null, signal: 'SIGSEGV' }, 'and was killed by SIGSEGV'],
  ['was ended by tg', { ending: 'abandoned', signal: 'SIGKILL' }, 'and was terminated'],
  [
    'reported the reason for that',
    { firstFailure: 'Error: a failed', code: 1 },
    'and exited with status 1, reporting this',
  ],
  [
    'reported something else',
    { firstFailure: 'oops', firstCrash: 'boom' },
    'and exited with status 0, reporting: oops',
  ],
  ['crashed', { firstCrash: 'boom\n  at x', code: 2 }, 'and exited with status 2, reporting: boom'],
  ['reported success', { succeeded: true }, 'and exited with status 0, reporting: success'],
])('judges an instance as aborted that was waiting when the run was abandoned, and %s', (_, seen, text) => {
  expect(judgeInstance(facts({ abandonReason: 'a failed', failures: 1, ...seen }), true)).toEqual({
    outcome: 'aborted',
    reason: `waiting when the run was abandoned (a failed), ${text}`,
  });
});

test('property: an instance is a success only if no observation contradicts that', () => {
  // A fact that is left out does not contradict success: with all of them, few instances would be one.
  const observed = {
    byHand: fc.boolean(),
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
      'runner-lost' as const,
    ),
    outputProblem: fc.constantFrom(undefined, 'lost'),
    neverStarted: fc.constantFrom(undefined, 'why'),
    abandonReason: fc.constantFrom(undefined, 'why'),
  };
  fc.assert(
    fc.property(fc.record(observed, { requiredKeys: [] }), fc.boolean(), (some, sdk) => {
      const seen = facts(some);
      const { outcome, reason } = judgeInstance(seen, sdk);
      if (outcome !== 'success') return;
      expect(seen).toMatchObject({
        failures: 0,
        crashes: 0,
        signal: null,
        ending: 'by-itself',
        abandonReason: undefined,
      });
      // The exit status of an instance started by hand is unknown, and the verdict says that.
      const isUnseen = seen.byHand && seen.code === null && seen.succeeded;
      expect([seen.code === 0, isUnseen]).toContain(true);
      expect(reason.includes('exit status unknown: started by hand')).toBe(isUnseen);
      expect(seen.outputProblem ?? seen.neverStarted).toBeUndefined();
      expect(seen.succeeded || !sdk).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});
