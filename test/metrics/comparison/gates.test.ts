import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readGate } from '../../../src/metrics/comparison/gate.ts';
import { judgeGates, verdictOn } from '../../../src/metrics/comparison/judge-gates.ts';
import type { Side } from '../../../src/metrics/comparison/measured.ts';
import { SideBuilder } from '../../../src/metrics/comparison/side-builder.ts';
import { given, sample } from '../samples.ts';

describe('a gate', () => {
  test.each([
    [
      'latency:p95>+10%',
      { metric: 'latency', stat: 'p95', fails: 'above', limit: 0.1, isRelative: true, group: null },
    ],
    [
      'rate:mean<-5%@one',
      { metric: 'rate', stat: 'mean', fails: 'below', limit: -0.05, isRelative: true, group: 'one' },
    ],
    [
      'rtt,hop=2:p50 > 250',
      { metric: 'rtt,hop=2', stat: 'p50', fails: 'above', limit: 250, isRelative: false },
    ],
    ['run, ms:mean>1e3', { metric: 'run, ms', stat: 'mean', fails: 'above', limit: 1000, isRelative: false }],
  ])('%s is read', (text, its) => {
    expect(readGate(text)).toMatchObject({ text, ...its });
  });

  test.each([
    'latency',
    'latency:p95',
    'latency:p95>',
    'latency:p95>ten',
    'latency:p95=10%',
    'latency:p42>1',
  ])('%s is refused with an example', (text) => {
    expect(() => readGate(text)).toThrow(`"${text}" is not a condition`);
  });

  test('a statistic without an interval is refused', () => {
    expect(() => readGate('latency:max>+10%')).toThrow('max has no confidence interval');
  });
});

describe('the verdict on a gate', () => {
  const verdict = (text: string, measured: number, low: number, high: number) =>
    verdictOn(readGate(`m:${text}`), measured, [low, high]).outcome;

  test.each([
    ['p95>+10%', 0.01, -0.03, 0.06, 'passed'],
    ['p95>+10%', 0.01, -0.2, 0.3, 'undecided'],
    ['p95>+10%', 0.15, -0.02, 0.3, 'undecided'],
    ['p95>+10%', 0.15, 0.02, 0.3, 'failed'],
    ['p95>+10%', 0.05, 0.02, 0.2, 'undecided'],
    ['mean<-5%', -0.2, -0.3, -0.1, 'failed'],
    ['mean<-5%', 0.1, 0.01, 0.2, 'passed'],
    ['mean<-5%', -0.1, -0.2, 0.1, 'undecided'],
    // Asks for an improvement: no change is beyond the limit.
    ['p95>-20%', -0.4, -0.5, -0.3, 'passed'],
    ['p95>-20%', -0.1, -0.15, 0.05, 'failed'],
    ['p95>-20%', -0.1, -0.3, 0.05, 'undecided'],
    ['p95>250', 300, 260, 320, 'failed'],
    ['p95>250', 300, 240, 320, 'undecided'],
    ['p95>250', 200, 190, 210, 'passed'],
  ])('%s: %d in %d..%d is %s', (text, measured, low, high, outcome) => {
    expect(verdict(text, measured, low, high)).toBe(outcome);
  });

  test('property: passes only if the whole interval is within the limit, and fails only beyond it', () => {
    const share = fc.double({ min: -1, max: 3, noNaN: true });
    fc.assert(
      fc.property(share, share, share, fc.integer({ min: -50, max: 50 }), (a, b, c, limit) => {
        const [low = 0, measured = 0, high = 0] = [a, b, c].sort((x, y) => x - y);
        const outcome = verdict(`p95>${limit}%`, measured, low, high);
        expect(outcome === 'passed').toBe(high <= limit / 100);
        if (outcome === 'failed')
          expect(Math.min(measured - limit / 100, low - Math.min(0, limit / 100))).toBeGreaterThan(0);
        // The lower limit of the negated change is the same condition.
        expect(verdict(`p95<${-limit}%`, -measured, -high, -low)).toBe(outcome);
      }),
    );
  });
});

describe('judging gates', () => {
  const sideOf = async (by: number): Promise<Side> => {
    const builder = new SideBuilder();
    for (let run = 0; run < 5; run++)
      await builder.add(
        given(
          Array.from({ length: 60 }, (_, each) =>
            sample({
              group: each % 2 === 0 ? 'one' : 'two',
              instance: each % 6,
              tags: `hop=${each % 3}`,
              measures: { value: (100 + (each % 7) + run / 10) * (each % 2 === 0 ? by : 1) },
            }),
          ),
        ),
      );
    return builder.side();
  };
  const outcomes = async (...gates: string[]) =>
    judgeGates(gates.map(readGate), [await sideOf(1), await sideOf(1.5), await sideOf(1)], 0).map(
      ({ gate, side, outcome }) => `${gate.text} ${side} ${outcome}`,
    );

  test('each side but the baseline is judged, over all tags or one, and over one group', async () => {
    expect(await outcomes('m:p95>+20%', 'm,hop=1:mean>+20%', 'm:p95>+20%@two', 'm:p95>+40%@one')).toEqual([
      'm:p95>+20% 1 failed',
      'm:p95>+20% 2 passed',
      'm,hop=1:mean>+20% 1 failed',
      'm,hop=1:mean>+20% 2 passed',
      'm:p95>+20%@two 1 passed',
      'm:p95>+20%@two 2 passed',
      'm:p95>+40%@one 1 failed',
      'm:p95>+40%@one 2 passed',
    ]);
  });

  test('what was not measured, or not often enough, is undecided and says why', async () => {
    const few = new SideBuilder();
    await few.add(given([sample({ measures: { value: 5 } }), sample({ measures: { value: 6 } })]));
    const judged = judgeGates(
      ['x:mean>1', 'm:p95>+1%', 'm:mean>+1%'].map(readGate),
      [await sideOf(1), few.side()],
      0,
    );
    expect(judged.map(({ outcome, reason }) => `${outcome}: ${reason}`)).toEqual([
      'undecided: it has not measured this metric',
      'undecided: p95 needs 20 values on each side, and there are 2',
      'undecided: fewer than 4 instances on a side tell nothing about noise',
    ]);
  });
});
