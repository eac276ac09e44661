import type { Benchmark } from '../lib/benchmark.ts';
import { makeGround } from '../lib/ground.ts';
import { mediansInTurn } from '../lib/take.ts';
import { runOnce, runShown } from './runs.ts';

/**
 * The times of the original testground in ms, warm, with local:exec, for the same plan (Go SDK 0.3, test case output).
 * They were recorded once, because its local:exec needs a Docker engine for its helpers. docs/performance.md shows how
 * to measure them again.
 */
const recorded = [
  { count: 10, ms: 3_600, factor: 6 },
  { count: 100, ms: 4_800, factor: 3.5 },
  { count: 500, ms: 8_300, factor: 1.5 },
] as const;

export const peer: Benchmark = {
  name: 'peer',
  needs: ['go'],
  title:
    'tg run single of a plan with the Go SDK, whole command, against testground (figures recorded elsewhere)',
  async measure(extent) {
    using ground = makeGround();
    await runOnce('output', 1, ground);
    const rows = [];
    for (const { count, ms, factor } of extent.quick ? recorded.slice(0, 1) : recorded) {
      const { tg } = await mediansInTurn(extent, {
        tg: () => runShown('output', count, ground, '--verbose'),
      });
      rows.push({
        what: `Go SDK plan, ${count} instances`,
        unit: 'ms',
        tg,
        against: { name: 'testground (recorded)', value: ms },
        goal: `${factor} times faster`,
        met: tg * factor <= ms,
      });
    }
    return { rows };
  },
};
