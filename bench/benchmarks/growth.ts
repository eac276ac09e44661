import { median } from 'simple-statistics';
import type { Benchmark, Row } from '../lib/benchmark.ts';
import { makeGround } from '../lib/ground.ts';
import { runOnce } from './runs.ts';

/** The cost of each further instance, in ms, as a run grows: the time of a run of one is subtracted. */
export const growth: Benchmark = {
  name: 'growth',
  needs: ['cc'],
  title: 'The cost of an instance as the run grows: all meet at a barrier',
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
    const costs = (least: number) => points.filter(([count]) => count >= least).map(([, cost]) => cost);
    // With few instances, the fixed cost of a run outweighs the measured one.
    const rows = (quick ? [2] : [10, 300]).map((least) =>
      spreadOf(least, sizes.at(-1) ?? least, costs(least)),
    );
    const plot = {
      file: 'growth',
      title: 'What an instance costs in a run of N that meet at a barrier',
      x: 'instances',
      y: 'ms an instance',
      curves: [{ name: 'tg', points }],
    };
    return { rows, plots: [plot] };
  },
};

function spreadOf(least: number, max: number, costs: readonly number[]): Row {
  const [cheapest, dearest] = [Math.min(...costs), Math.max(...costs)];
  return {
    what: `ms an instance, ${least} to ${max} instances: most and least`,
    unit: 'ms',
    tg: dearest,
    against: { name: 'the least', value: cheapest },
    goal: '≤ 1.2 ×',
    met: dearest <= 1.2 * cheapest,
  };
}
