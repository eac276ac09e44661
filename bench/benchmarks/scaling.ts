import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Benchmark, Row } from '../lib/benchmark.ts';
import { makeGround } from '../lib/ground.ts';
import { mediansInTurn } from '../lib/take.ts';
import { works } from '../scaling/works.ts';

/** How much more is done in the larger of two measurements. */
const times = 8;
/** Time may grow with this power of the work: with 1 it is linear, with 2 something is gone through for each of something else. */
const maxPower = 1.3;

/** How the time that work takes grows with the work. */
export const scaling: Benchmark = {
  name: 'scaling',
  needs: [],
  title: `Processor time of ${times} times the work, by ${times} times that of the work`,
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

/** What the processors have done, in ms: who else uses the machine does not matter. */
function timed(work: () => Promise<unknown>): () => Promise<number> {
  return async () => {
    const began = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(began);
    return (user + system) / 1e3;
  };
}
