import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Benchmark, Extent, Row } from '../lib/benchmark.ts';
import { type Ground, makeGround, planOf, root, tg } from '../lib/ground.ts';
import { type Command, run } from '../lib/process.ts';
import { cProgram } from '../lib/programs.ts';
import { mediansInTurn } from '../lib/take.ts';

/** The time of whole commands, in ms, by the number of instances. */
export const runs: Benchmark = {
  name: 'runs',
  needs: ['cc'],
  title: 'A run of instances that only report success',
  async measure(extent) {
    using ground = makeGround();
    const sizes = extent.quick ? [1, 10] : [1, 10, 100, 1_000];
    const rows: Row[] = [];
    const curves = {
      tg: [] as [number, number][],
      node: [] as [number, number][],
      c: [] as [number, number][],
    };
    for (const count of sizes) {
      const ms = await timesOf(count, extent, ground);
      for (const [name, value] of Object.entries(ms)) curves[name as keyof typeof ms].push([count, value]);
      rows.push(
        overhead(count, ms.tg, 'a loop in Node', ms.node, 1.25),
        overhead(count, ms.tg, 'a loop in C', ms.c, 1.5),
      );
    }
    const plot = {
      file: 'runs',
      title: 'A run of N instances that do nothing',
      x: 'instances',
      y: 'ms, whole command',
      curves: [
        { name: 'tg', points: curves.tg },
        { name: 'loop in Node', points: curves.node },
        { name: 'loop in C', points: curves.c },
      ],
    };
    return { rows, plots: [plot] };
  },
};

function overhead(count: number, ms: number, name: string, value: number, factor: number): Row {
  return {
    what: `run of ${count}`,
    unit: 'ms',
    tg: ms,
    against: { name, value },
    goal: `≤ 150 ms + ${factor} ×`,
    met: ms <= 150 + factor * value,
  };
}

/** @returns the time of a run of tg, in ms. */
export async function runOnce(
  plan: string,
  count: number,
  ground: Ground,
  ...more: string[]
): Promise<number> {
  return await runShown(plan, count, ground, '-q', ...more);
}

/** @returns the time of a run of tg that shows every line, in ms. */
export async function runShown(
  plan: string,
  count: number,
  { env }: Ground,
  ...more: string[]
): Promise<number> {
  const words = ['run', 'single', '-p', planOf(plan), '-i', String(count), ...more];
  return (await run([...tg, ...words], { env })).ms;
}

async function timesOf(count: number, extent: Extent, ground: Ground) {
  const noop = await cProgram('plans/noop/noop.c');
  const loopInC = await cProgram('spawn/loop.c');
  const loop = async (command: Command) => {
    const folder = mkdtempSync(join(ground.dir, 'loop-'));
    for (const name of ['outputs', 'temp']) mkdirSync(join(folder, name));
    const { ms } = await run([...command, noop, String(count), folder]);
    rmSync(folder, { recursive: true });
    return ms;
  };
  return await mediansInTurn(extent, {
    tg: () => runOnce('noop', count, ground),
    node: () => loop([process.execPath, join(root, 'bench', 'spawn', 'loop.js')]),
    c: () => loop([loopInC]),
  });
}
