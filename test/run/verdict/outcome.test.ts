import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expectations } from '../../../src/plan/run-spec.ts';
import { compareWithExpected } from '../../../src/run/verdict/expected.ts';
import { judgeInstance } from '../../../src/run/verdict/judge-instance.ts';
import { judgeRun } from '../../../src/run/verdict/judge-run.ts';
import { ObservationStore, type Observations } from '../../../src/run/verdict/observations.ts';
import { instanceOutcomes, outcomes, runOutcomes, worstOutcome } from '../../../src/run/verdict/outcomes.ts';
import { type ExitCode, exitCodes, worstCode } from '../../../src/util/exit-codes.ts';

const codes = Object.values(exitCodes) as ExitCode[];

test.each([
  ['outcomes', outcomes, worstOutcome],
  ['exit codes', codes, worstCode],
] as readonly (readonly [string, readonly unknown[], (all: Iterable<never>) => unknown])[])(
  'the worst of several %s is the same in any order and grouping',
  (_, all, worst) => {
    const of = (...some: unknown[]) => worst(some as never[]);
    for (const one of all) {
      expect(of(one)).toBe(one);
      for (const other of all) {
        expect([one, other]).toContain(of(one, other));
        expect(of(other, one)).toBe(of(one, other));
        for (const third of all) expect(of(of(one, other), third)).toBe(of(one, of(other, third)));
      }
    }
    expect(of()).toBe(all === outcomes ? 'success' : exitCodes.success);
    for (const one of all) expect(of(of(), one)).toBe(one);
  },
);

test('exit codes have the same order of severity as the outcomes they stand for', () => {
  const codesOf = {
    success: [exitCodes.success],
    unknown: [exitCodes.unknown],
    canceled: [exitCodes.interrupted, exitCodes.terminated],
    error: [exitCodes.usage, exitCodes.environment, exitCodes.buildFailed],
    failure: [exitCodes.timedOut, exitCodes.runFailed],
  };
  for (const one of outcomes) {
    for (const other of outcomes) {
      if (one === other) continue;
      const worse = worstOutcome([one, other]);
      for (const first of codesOf[one])
        for (const second of codesOf[other]) expect(codesOf[worse]).toContain(worstCode([first, second]));
    }
  }
});

/** Observations that lead to each outcome of an instance. */
const seenAs: Readonly<Record<(typeof instanceOutcomes)[number], Partial<Observations>>> = {
  success: { succeeded: true, code: 0 },
  faulted: { endedBy: { kind: 'kill', text: 'kill g[000] at 1s' }, code: null, signal: 'SIGKILL' },
  failed: { failures: 1, firstFailure: 'oops', code: 1 },
  crashed: { code: null, signal: 'SIGSEGV' },
  incomplete: { sdkSeen: true, code: 0 },
  'timed-out': { ending: 'timeout', code: 0 },
  'never-started': { neverStarted: 'no such file' },
  canceled: { ending: 'canceled', code: 0 },
  aborted: { ending: 'store-lost', code: 0 },
};

test('the outcome of a run of two instances is the worse of the outcomes with one of them each', () => {
  const outcomeOf = (...all: (typeof instanceOutcomes)[number][]) => {
    const facts = new ObservationStore();
    for (const [index, outcome] of all.entries())
      Object.assign(facts.of({ group: 'g', index }), seenAs[outcome]);
    const group = { id: 'g', instances: all.length, expect: 'success' } as const;
    const verdicts = judgeRun({ plan: { sdk: undefined }, groups: [group] }, facts, new Set(['g']));
    expect(verdicts.groups[0]?.instances.map(({ outcome }) => outcome)).toEqual(all);
    return verdicts.outcome;
  };
  for (const one of instanceOutcomes) {
    expect(outcomeOf(one)).toBe(runOutcomes[one]);
    for (const other of instanceOutcomes)
      expect(outcomeOf(one, other)).toBe(worstOutcome([outcomeOf(one), outcomeOf(other)]));
  }
});

test('property: an instance that was waiting when the run was abandoned is aborted, whatever was expected', () => {
  const any = fc.record({
    code: fc.constantFrom(0, 1, 134, null),
    signal: fc.constantFrom(null, 'SIGABRT' as const),
    ending: fc.constantFrom('by-itself' as const, 'abandoned' as const, 'timeout' as const),
    succeeded: fc.boolean(),
    crashes: fc.nat(1),
    abandonReason: fc.constant('single[003] failed'),
  });
  fc.assert(
    fc.property(any, fc.constantFrom(...expectations), fc.boolean(), (seen, expected, sdk) => {
      const facts = { ...new ObservationStore().of({ group: 'g', index: 0 }), ...seen };
      const { outcome } = compareWithExpected(expected, facts, judgeInstance(facts, sdk));
      expect(outcome).toBe('aborted');
    }),
  );
});
