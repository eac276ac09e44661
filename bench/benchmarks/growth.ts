import { median } from 'simple-statistics';
import type { Benchmark } from '../lib/benchmark.ts';
import { makeGround } from '../lib/ground.ts';
import { runOnce } from './runs.ts';

/** What an instance costs, in ms, as a run grows: the time of a run of one taken off. */
export const growth: Benchmark = {
  name: 'growth',
  title: 'What an instance costs as the run grows: all meet at a barrier',
  async measure({ quick, rounds }) {
    using ground = makeGround();
    const sizes = quick ? [2, 10] : [10, 30, 100, 300, 1_000, 2_000, 3_000];
    const timeOf = async (count: number) => {
      const times: number[] = [];
      for (let round = 0; round < Math.min(rounds, 5); round++)
        times.push(await runOnce('meet', count, ground));
      return median(times);
    };
    await runOnce('meet', 2, ground);
    const one = await timeOf(1);
    const points: [number, number][] = [];
    for (const count of sizes) points.push([count, ((await timeOf(count)) - one) / (count - 1)]);
    // With few instances the start of tg's own helpers weighs more than what is measured.
    const large = points.filter(([count]) => quick || count >= 300).map(([, cost]) => cost);
    const [least, most] = [Math.min(...large), Math.max(...large)];
    const row = {
      what: `ms an instance, ${sizes.find((size) => quick || size >= 300)} to ${sizes.at(-1)} instances: most and least`,
      unit: 'ms',
      tg: most,
      against: { name: 'the least', value: least },
      goal: '≤ 1.2 ×',
      met: most <= 1.2 * least,
    };
    const plot = {
      file: 'growth',
      title: 'What an instance costs in a run of N that meet at a barrier',
      x: 'instances',
      y: 'ms an instance',
      curves: [{ name: 'tg', points }],
    };
    return { rows: [row], plots: [plot] };
  },
};
