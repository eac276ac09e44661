import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import type { ChosenView } from '../../src/report/page/metrics/view-text.ts';

// uPlot asks the browser for these when it is loaded.
vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener() {}, removeEventListener() {} }));
const { viewsIn, viewsText } = await import('../../src/report/page/metrics/view-text.ts');

const first: ChosenView = { shape: 'time', isSplit: true, quantile: 'p50', isLog: false };
const someView = fc.record({
  shape: fc.constantFrom('time' as const, 'distribution' as const),
  isSplit: fc.boolean(),
  quantile: fc.constantFrom('p50' as const, 'p95' as const, 'p99' as const),
  isLog: fc.boolean(),
});

test('an address holds the views of metrics that differ from the first one, whatever their names', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string({ unit: 'grapheme', minLength: 1 }), someView)), (all) => {
      const views = new Map(all);
      const changed = [...views].filter(([, view]) => JSON.stringify(view) !== JSON.stringify(first));
      expect([...viewsIn(viewsText(views))]).toEqual(changed);
    }),
  );
});

test.each(['', ',', 'a', '%:log', ':log', 'a:', 'a:loud', '%E0%A4%A:p99'])(
  'a damaged address does not change a view: %j',
  (text) => {
    expect([...viewsIn(text).values()].filter((view) => view.isLog || !view.isSplit)).toEqual([]);
  },
);
