import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineBudget } from '../../src/cli/output/line-budget.ts';

const limit = { max: 10, perSecond: 2, resumeAt: 4 };

test('shows as many lines at once as it may, and counts the others once', () => {
  const budget = new LineBudget(limit);
  const shown = Array.from({ length: 15 }, () => budget.allows(0)).filter(Boolean);
  expect(shown).toHaveLength(10);
  expect([budget.takeHidden(), budget.takeHidden()]).toEqual([5, 0]);
});

test('shows lines again once several are allowed', () => {
  const budget = new LineBudget(limit);
  for (let line = 0; line < 11; line++) budget.allows(0);
  expect(budget.allows(1_000)).toBe(false);
  expect([budget.allows(2_000), budget.allows(2_000)]).toEqual([true, true]);
});

test('property: each line is shown or counted, and no more are shown than the time allows', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 3_000 }), { maxLength: 200 }), (pauses) => {
      const budget = new LineBudget(limit);
      let at = 0;
      let shown = 0;
      for (const pause of pauses) {
        at += pause;
        if (budget.allows(at)) shown++;
        expect(shown).toBeLessThanOrEqual(limit.max + (at * limit.perSecond) / 1_000);
      }
      expect(shown + budget.takeHidden()).toBe(pauses.length);
    }),
  );
});
