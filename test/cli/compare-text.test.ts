import fc from 'fast-check';
import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { metricsAsText } from '../../src/cli/commands/compare/metrics-text.ts';
import { compareSides } from '../../src/metrics/comparison/compare-sides.ts';
import { measuredOf } from '../../src/metrics/comparison/side-builder.ts';

/** Sides with 5 instances of 30 values each; the metric grows from side to side. */
async function sidesOf(count: number, name = 'latency') {
  const named = Array.from({ length: count }, (_, place) => ({
    name: String.fromCharCode(65 + place),
    isBaseline: place === 0,
  }));
  const measured = named.map((_, place) => {
    const values = Array.from({ length: 150 }, (_, each) => ({
      run: 0,
      instance: { group: 'g', index: each % 5 },
      value: (100 + each) * (1 + place / 10),
    }));
    const its = measuredOf(values);
    return new Map(its === undefined ? [] : [[name, its]]);
  });
  return { named, metrics: await compareSides(measured) };
}

test('is a table with one line for each metric and statistic where no terminal limits its width', async () => {
  const { named, metrics } = await sidesOf(6);
  const lines = (await metricsAsText(named, metrics)).trimEnd().split('\n');
  expect(lines.map((line) => line.split(/ {2,}/).slice(0, 3))).toEqual([
    ['METRIC', 'STAT', 'A'],
    ['latency', 'mean', '174.5'],
    ['latency', 'p50', '174.5'],
    ['latency', 'p95', '241.55'],
    ['latency', 'p99', '247.51'],
  ]);
  expect(lines[1]).toMatch(/5, 5, 5, 5, 5, 5 instances$/);
});

test('is a block for each metric where the table does not fit: a row for each statistic of each side', async () => {
  const { named, metrics } = await sidesOf(2);
  const text = await metricsAsText(named, metrics, 80);
  expect(text.replaceAll(/ +$/gm, '')).toMatchInlineSnapshot(`
    "latency: 5, 5 instances
      STAT      VALUE          95 %   CHANGE           95 %       P
      mean  A   174.5  172.6..176.4
            B  191.95    189.9..194  +10.0 %  +8.4..+11.6 %  0.0079  *
      p50   A   174.5  172.9..176.1
            B  191.95  190.2..193.7  +10.0 %  +8.5..+11.5 %          *
      p95   A  241.55  239.1..244.7
            B  265.71    263..268.4  +10.0 %  +8.6..+11.8 %          *
      p99   A  247.51  245.1..249.9
            B  272.26  268.8..274.9  +10.0 %  +8.6..+11.4 %          *
    "
  `);
});

test('property: no line is wider than the terminal, for any number of sides and any name', async () => {
  // Parts of characters that are put together, and characters of no and of two columns.
  const odd = [
    ...'1#a\t\u00ad\u0301\u1100\u1161\u200d\u20e3\uff21\ufe0f\u{1f468}\u{1f1e9}\u{1f3fb}\u{e0067}',
  ];
  const names = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }),
    fc.array(fc.constantFrom(...odd), { minLength: 1, maxLength: 200 }).map((all) => all.join('')),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 2, max: 6 }),
      fc.integer({ min: 40, max: 200 }),
      names,
      async (count, width, name) => {
        const { named, metrics } = await sidesOf(count, name);
        for (const line of (await metricsAsText(named, metrics, width)).split('\n'))
          expect(stringWidth(line)).toBeLessThanOrEqual(width);
      },
    ),
    { numRuns: 20 },
  );
});
