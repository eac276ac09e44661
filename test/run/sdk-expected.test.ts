import { expect, test } from 'vitest';
import { FactBook } from '../../src/run/facts.ts';
import { judgeRun } from '../../src/run/verdict.ts';

test.each([
  [undefined, 'incomplete'],
  [true, 'incomplete'],
  [false, 'success'],
] as const)('sdk = %s in the manifest decides what silence is, whatever was seen: %s', (sdk, outcome) => {
  const facts = new FactBook();
  Object.assign(facts.of({ group: 'g', index: 0 }), { code: 0, sdkSeen: true });
  const groups = [{ id: 'g', instances: 1, expect: 'success' }] as const;
  const { groups: verdicts } = judgeRun({ plan: { sdk }, groups }, facts, new Set(['g']));
  expect(verdicts[0]?.instances[0]?.outcome).toBe(outcome);
});
