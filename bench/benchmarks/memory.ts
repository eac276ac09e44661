import { processNumbers, readProc } from '../../src/os/proc.ts';
import type { Benchmark, Row } from '../lib/benchmark.ts';
import { makeGround, planOf, tg } from '../lib/ground.ts';
import { memoryOf, run } from '../lib/process.ts';
import { runOnce } from './runs.ts';

const base = 90;
const each = 0.1;

/** The peak memory of tg during a run: its resident memory plus the unshared memory of its helpers. */
export const memory: Benchmark = {
  name: 'memory',
  needs: ['cc'],
  title: 'Memory of tg with its helpers',
  async measure({ quick }) {
    using ground = makeGround();
    await runOnce('meet', 1, ground);
    const rows: Row[] = [];
    const points: [number, number][] = [];
    for (const count of quick ? [10] : [10, 100, 1_000, 3_000]) {
      const mb = (await maxMemory(count, ground.env)) / 1e6;
      points.push([count, mb]);
      rows.push({
        what: `memory, ${count} instances`,
        unit: 'MB',
        tg: mb,
        against: undefined,
        goal: `≤ ${base + each * count} MB`,
        met: mb <= base + each * count,
      });
    }
    const curves = [
      { name: 'tg with its helpers', points },
      { name: 'the goal', points: points.map(([count]): [number, number] => [count, base + each * count]) },
    ];
    return {
      rows,
      plots: [{ file: 'memory', title: 'Memory of tg in a run of N', x: 'instances', y: 'MB', curves }],
    };
  },
};

async function maxMemory(count: number, env: Readonly<Record<string, string>>): Promise<number> {
  let max = 0;
  let timer: NodeJS.Timeout | undefined;
  const onStart = (pid: number) => {
    timer = setInterval(() => {
      max = Math.max(max, memoryOfRun(pid));
    }, 100);
  };
  await run([...tg, 'run', 'single', '-p', planOf('meet'), '-i', String(count), '-q'], { env, onStart });
  clearInterval(timer);
  return max;
}

/** The memory of a process plus the unshared memory of its child processes, in bytes. */
function memoryOfRun(pid: number): number {
  const isHelper = new RegExp(`^PPid:\\s+${pid}$`, 'm');
  const helpers = processNumbers().filter((each) => isHelper.test(readProc(`/proc/${each}/status`) ?? ''));
  return helpers.reduce((sum, helper) => sum + ownOf(helper), memoryOf(pid, 'VmRSS'));
}

function ownOf(pid: number): number {
  const rollup = readProc(`/proc/${pid}/smaps_rollup`) ?? '';
  const own = [...rollup.matchAll(/^Private_(?:Clean|Dirty):\s+(\d+)/gm)];
  return own.reduce((sum, [, kilobytes]) => sum + Number(kilobytes) * 1024, 0);
}
