import { expect, test } from 'vitest';
import { isSdkExpected, judgeRun } from '../../../src/run/verdict/judge-run.ts';
import { ObservationStore } from '../../../src/run/verdict/observations.ts';

test.each([
  [undefined, 'incomplete'],
  [true, 'incomplete'],
  [false, 'success'],
] as const)(
  'sdk = %s in the manifest decides on an instance without events, although it used an SDK: %s',
  (sdk, outcome) => {
    const facts = new ObservationStore();
    Object.assign(facts.of({ group: 'g', index: 0 }), { code: 0, sdkSeen: true });
    const groups = [{ id: 'g', instances: 1, expect: 'success' }] as const;
    const { groups: verdicts } = judgeRun({ plan: { sdk }, groups }, facts, new Set(['g']));
    expect(verdicts[0]?.instances[0]?.outcome).toBe(outcome);
  },
);

test('expects an SDK in a group that depends on one, or of which any instance, even the last, uses one', () => {
  const group = { id: 'g', instances: 3 };
  const of = (facts: ObservationStore, dependsOnSdk: readonly string[] = []) =>
    isSdkExpected({ plan: { sdk: undefined } }, group, facts, new Set(dependsOnSdk));
  const facts = new ObservationStore();
  expect(of(facts)).toBe(false);
  expect(of(facts, ['other'])).toBe(false);
  expect(of(facts, ['g'])).toBe(true);
  Object.assign(facts.of({ group: 'other', index: 0 }), { sdkSeen: true });
  Object.assign(facts.of({ group: 'g', index: 3 }), { sdkSeen: true });
  expect(of(facts)).toBe(false);
  Object.assign(facts.of({ group: 'g', index: 2 }), { sdkSeen: true });
  expect(of(facts)).toBe(true);
});

test('counts outcomes by group and in the whole run', () => {
  const facts = new ObservationStore();
  for (const [group, code] of [
    ['a', 0],
    ['b', 3],
  ] as const)
    for (const index of [0, 1]) Object.assign(facts.of({ group, index }), { code, succeeded: true });
  const groups = ['a', 'b'].map((id) => ({ id, instances: 2, expect: 'success' as const }));
  const {
    counts,
    outcome,
    groups: verdicts,
  } = judgeRun({ plan: { sdk: undefined }, groups }, facts, new Set());
  expect([outcome, counts]).toEqual(['failure', { success: 2, failed: 2 }]);
  const passing = { plan: { sdk: undefined }, groups: groups.slice(0, 1) };
  expect(judgeRun(passing, facts, new Set()).outcome).toBe('success');
  // With a request that tg refused.
  expect(judgeRun(passing, facts, new Set(), true).outcome).toBe('failure');
  expect(verdicts.map(({ id, outcome: of, total, counts: its }) => [id, of, total, its])).toEqual([
    ['a', 'success', 2, { success: 2 }],
    ['b', 'failure', 2, { failed: 2 }],
  ]);
});
