import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Benchmark, Row } from '../lib/benchmark.ts';
import { type Ground, makeGround, planOf, tg } from '../lib/ground.ts';
import { run } from '../lib/process.ts';
import { builtDir, cProgram, goProgram } from '../lib/programs.ts';
import { medianFigures, takeInTurn } from '../lib/take.ts';

/** Lines per second that each of eight instances prints: together about as many as tg can show. */
const rate = 40_000;

/** The latency of the sync service for one instance while others print and tg shows every line. */
export const flooded: Benchmark = {
  name: 'flooded',
  needs: ['go', 'cc'],
  title: `Signal entries in a run while 8 other instances print ${rate} lines a second each`,
  async measure(extent) {
    using ground = makeGround();
    const entries = extent.quick ? 100 : 8_000;
    const taken = await takeInTurn(extent, {
      silent: () => entriesOf(ground, 0, entries),
      quiet: () => entriesOf(ground, rate, entries, '-q'),
      shown: () => entriesOf(ground, rate, entries, '--verbose'),
    });
    const [silent, quiet, shown] = [taken.silent, taken.quiet, taken.shown].map(medianFigures);
    if (silent === undefined || quiet === undefined || shown === undefined)
      throw new Error('there are no measurements');
    const rowsOf = (figure: keyof Figures): Row[] => {
      const row = { unit: 'µs', against: { name: 'others are silent', value: silent[figure] } };
      const open = { goal: '–', met: undefined };
      return [
        { ...row, ...open, what: `signal entry, ${figure}, others print, -q`, tg: quiet[figure] },
        {
          ...row,
          ...open,
          what: `signal entry, ${figure}, others print, every line shown`,
          tg: shown[figure],
        },
      ];
    };
    return { rows: [...rowsOf('p50'), ...rowsOf('p99')] };
  },
};

type Figures = Readonly<Record<'p50' | 'p99', number>>;

/** @returns the round-trip times that the measuring instance recorded, in µs. */
async function entriesOf(
  { home, env }: Ground,
  each: number,
  entries: number,
  ...more: string[]
): Promise<Figures> {
  mkdirSync(join(home, 'plans'), { recursive: true });
  const plan = join(home, 'plans', 'pings');
  rmSync(plan, { force: true });
  symlinkSync(planOf('pings'), plan);
  for (const build of [goProgram('load'), cProgram('plans/flood/flood.c')]) await build;
  const given = { PROGRAMS: builtDir, RATE: String(each), ENTRIES: String(entries) };
  const words = Object.entries(given).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  const composition = join(planOf('pings'), 'composition.toml');
  await run([...tg, 'run', 'composition', '-f', composition, ...words, ...more], { env });
  const outputs = join(home, 'data', 'outputs', 'local_exec', 'pings');
  const id = readdirSync(outputs).find((name) => name !== 'latest') ?? '';
  const figures = JSON.parse(
    readFileSync(join(outputs, id, 'pings', '0', 'figures.json'), 'utf8'),
  ) as Figures;
  rmSync(outputs, { recursive: true });
  return figures;
}
