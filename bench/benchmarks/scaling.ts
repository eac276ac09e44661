import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Benchmark, Row } from '../lib/benchmark.ts';
import { makeGround } from '../lib/ground.ts';
import { mediansInTurn } from '../lib/take.ts';
import { works } from '../scaling/works.ts';

/** The factor between the sizes of the two measurements. */
const times = 8;
/** The largest accepted exponent of growth: 1 is linear, 2 is quadratic. */
const maxPower = 1.3;

/** How processor time grows with the size of the work. */
export const scaling: Benchmark = {
  name: 'scaling',
  needs: [],
  title: `Processor time of ${times} times the work, against ${times} times that of the work`,
  async measure(extent) {
    const rows: Row[] = [];
    for (const { what, size, prepare } of works) {
      using ground = makeGround();
      const small = extent.quick ? size / 10 : size;
      const takeOf = (each: number) => {
        const dir = join(ground.dir, String(each));
        mkdirSync(dir);
        return timed(prepare(each, dir));
      };
      const ms = await mediansInTurn(extent, { small: takeOf(small), large: takeOf(times * small) });
      rows.push({
        what: what.replaceAll('N', (times * small).toLocaleString('en')),
        unit: 'ms',
        tg: ms.large,
        against: { name: `${times} × ${small.toLocaleString('en')}`, value: times * ms.small },
        goal: `≤ N^${maxPower}`,
        met: Math.log(ms.large / ms.small) / Math.log(times) <= maxPower,
      });
    }
    return { rows };
  },
};

/** Measures processor time, in ms, because it does not depend on other programs. */
function timed(work: () => Promise<unknown>): () => Promise<number> {
  return async () => {
    const began = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(began);
    return (user + system) / 1e3;
  };
}
