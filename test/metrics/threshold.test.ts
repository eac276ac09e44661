import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ThresholdJudge } from '../../src/metrics/threshold.ts';
import { readThreshold, statNames, thresholdText } from '../../src/plan/threshold.ts';
import { sample } from './samples.ts';

function judged(text: string, ...samples: Parameters<typeof sample>[0][]) {
  const judge = new ThresholdJudge([readThreshold(text, 'test')]);
  for (const its of samples) judge.add(sample(its));
  const [{ outcome, value, reason } = { outcome: '', value: null, reason: '' }] = judge.judge();
  return [outcome, value, reason];
}

const timer = (instance: number, p95: number) => ({
  type: 'timer' as const,
  instance,
  measures: { count: 1, mean: p95, min: p95, max: p95, p50: p95, p95, p99: p95 },
});

describe('a threshold', () => {
  test.each([
    ['m:max<3', 'met', 2],
    ['m:max<2', 'failed', 2],
    ['m:min>0', 'met', 1],
    ['m:min>1', 'failed', 1],
    ['m:count>1', 'met', 2],
  ])('%s is %s', (text, outcome, value) => {
    const samples = [{ measures: { value: 1 } }, { measures: { value: 2 }, instance: 1 }];
    expect(judged(text, ...samples)).toEqual([outcome, value, `it was ${value}`]);
  });

  test('is unknown if no metric of its name was recorded', () => {
    const nothing = ['unknown', null, 'no metric of that name was recorded'];
    expect(judged('m:max<3')).toEqual(nothing);
    expect(judged('m:max<3', { name: 'mm', measures: { value: 1 } })).toEqual(nothing);
    expect(judged('mm:max<3', { name: 'm', measures: { value: 1 } })).toEqual(nothing);
    expect(judged('m:max<3@b', { group: 'a', measures: { value: 1 } })).toEqual(nothing);
  });

  test('applies to one group, or to all instances together', () => {
    const samples = [
      { group: 'a', measures: { value: 1 } },
      { group: 'b', measures: { value: 3 } },
    ];
    expect(judged('m:mean<2.5', ...samples)).toEqual(['met', 2, 'it was 2']);
    expect(judged('m:mean<2.5@b', ...samples)).toEqual(['failed', 3, 'it was 3']);
  });

  test('applies to samples with its tags, or to all samples of its name', () => {
    const samples = [
      { tags: 'k=a', measures: { value: 1 } },
      { tags: 'k=b', measures: { value: 3 } },
    ];
    expect(judged('m:mean<2.5', ...samples)).toEqual(['met', 2, 'it was 2']);
    expect(judged('m,k=b:mean<2.5', ...samples)).toEqual(['failed', 3, 'it was 3']);
  });

  test('is unknown if the quantiles that instances reported leave it open', () => {
    expect(judged('m:p95<30', timer(0, 10), timer(1, 20))).toEqual(['met', 20, 'it was between 10 and 20']);
    expect(judged('m:p95<15', timer(0, 10), timer(1, 20))).toEqual([
      'unknown',
      20,
      'it was between 10 and 20',
    ]);
    expect(judged('m:p95<10', timer(0, 10), timer(1, 20))).toEqual([
      'failed',
      20,
      'it was between 10 and 20',
    ]);
    expect(judged('m:p95>15', timer(0, 10), timer(1, 20))).toEqual([
      'unknown',
      20,
      'it was between 10 and 20',
    ]);
    expect(judged('m:max<15', timer(0, 10), timer(1, 20))).toEqual(['failed', 20, 'it was 20']);
  });

  test('is judged by the worst of several metrics with its name', () => {
    const samples = [{ measures: { value: 1 } }, { measures: { value: 9 }, source: 'diagnostics' }] as const;
    expect(judged('m:max<5', ...samples)).toEqual(['failed', 9, 'it was 9']);
  });
});

test('property: reads a threshold from a flag and describes it in words', () => {
  const number = fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Object.is(value, -0));
  const name = fc.stringMatching(/^[a-z][\w.:,=-]{0,9}$/);
  fc.assert(
    fc.property(
      name,
      fc.constantFrom(...statNames),
      fc.constantFrom('<', '>'),
      number,
      (metric, stat, bound, limit) => {
        const threshold = readThreshold(`${metric}:${stat}${bound}${limit}@g`, 'test');
        expect(threshold).toEqual({
          ...{ metric, stat, group: 'g' },
          ...(bound === '<' ? { below: limit, above: null } : { below: null, above: limit }),
        });
        expect(thresholdText(threshold)).toBe(
          `${stat} of ${metric} ${bound === '<' ? 'below' : 'above'} ${limit}, in g`,
        );
      },
    ),
  );
});

test('a threshold is unknown instead of met if lines could not be read, and failed stays failed', () => {
  const judge = new ThresholdJudge([readThreshold('m:max<3', 'test'), readThreshold('m:max<1', 'test')]);
  judge.add(sample({ measures: { value: 2 } }));
  expect(judge.judge('1 line is lost').map(({ outcome, reason }) => [outcome, reason])).toEqual([
    ['unknown', 'it was 2, but 1 line is lost'],
    ['failed', 'it was 2'],
  ]);
});

test.each([
  '',
  'm',
  'm<3',
  'm:max<1e999',
  'm:p95',
  'm:p95<',
  'm:p42<3',
  'm:p95<three',
  ':p95<3',
  'm:p95<1.2.3',
  'm:p95<=3',
])('refuses %j as a threshold', (text) => {
  expect(() => readThreshold(text, '--threshold')).toThrow(/ is not a threshold$/);
});
