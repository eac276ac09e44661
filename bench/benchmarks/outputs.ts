import { closeSync, mkdirSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { atLeast, atMost, type Benchmark, type Row } from '../lib/benchmark.ts';
import { type Ground, makeGround, planOf, tg } from '../lib/ground.ts';
import { run, runWatched } from '../lib/process.ts';
import { cProgram } from '../lib/programs.ts';
import { mediansInTurn } from '../lib/take.ts';
import { runOnce } from './runs.ts';

const instances = 8;

/** The rate at which tg takes the output of instances that write at full speed. */
export const output: Benchmark = {
  name: 'output',
  needs: ['cc'],
  title: `${instances} instances that write lines at full speed, from the start to the end of the run`,
  async measure(extent) {
    using ground = makeGround();
    const each = extent.quick ? 1 : 500;
    const program = await cProgram('plans/flood/flood.c');
    // Only a tenth of the output is shown, because showing takes longer.
    const shown = Math.ceil(each / 10);
    const rateOf = (ms: number, megabytes = each) => (instances * megabytes) / (ms / 1e3);
    const clean = () => rmSync(join(ground.home, 'data', 'outputs'), { recursive: true, force: true });
    const numbers = Array.from({ length: instances }, (_, index) => String(index));
    /** The same output, written to files by a shell, in ms. */
    const inShell = async (into: string) => {
      const script = `for i in ${numbers.join(' ')}; do ${program} ${each} ${into} ${ground.dir}/$i & done; wait`;
      const { ms } = await run(['sh', '-c', script]);
      for (const number of numbers) rmSync(join(ground.dir, number));
      return ms;
    };
    const rates = await mediansInTurn(extent, {
      async quiet() {
        const ms = await runOnce('flood', instances, ground, '--tp', `mb=${each}`);
        clean();
        return rateOf(ms);
      },
      async pipes() {
        const ms = await runOnce(
          'flood',
          instances,
          ground,
          '--tp',
          `mb=${each}`,
          '--build-cfg',
          'pipes=true',
        );
        clean();
        return rateOf(ms);
      },
      async shown() {
        const words = [
          'run',
          'single',
          '-p',
          planOf('flood'),
          '-i',
          String(instances),
          '--verbose',
          '--tp',
          `mb=${shown}`,
        ];
        const script = `"$@" > ${join(ground.dir, 'shown')}`;
        const { ms } = await run(['sh', '-c', script, 'sh', ...tg, ...words], { env: ground.env });
        clean();
        return rateOf(ms, shown);
      },
      cat: async () => rateOf(await inShell('| cat >')),
      direct: async () => rateOf(await inShell('>')),
    });
    const against = { name: 'cat to files', value: rates.cat };
    const rows: Row[] = [
      atLeast(0.6, { what: 'stdout to run.out, -q', unit: 'MB/s', tg: rates.quiet, against }),
      {
        what: 'the same',
        unit: 'MB/s',
        tg: rates.quiet,
        against: { name: 'straight to files', value: rates.direct },
        goal: '–',
        met: undefined,
      },
      atLeast(0.6, { what: 'stdout through pipes to run.out, -q', unit: 'MB/s', tg: rates.pipes, against }),
      {
        what: 'the same, every line shown, to a file',
        unit: 'MB/s',
        tg: rates.shown,
        against,
        goal: '–',
        met: undefined,
      },
    ];
    return { rows: [...rows, await memoryOver(extent.quick ? 1 : 5_000, ground)] };
  },
};

/** Compares the memory of tg for much output with that for little. */
async function memoryOver(total: number, ground: Ground): Promise<Row> {
  const little = await peakOf(1, ground);
  const much = await peakOf(total / instances, ground);
  return {
    what: `memory of tg over ${total / 1e3} GB of output, beside 8 MB of it`,
    unit: 'MB',
    tg: much,
    against: { name: 'the same run with 8 MB', value: little },
    goal: '≤ 1.25 ×',
    met: much <= 1.25 * little,
  };
}

/** @returns the peak memory of tg, in MB. */
async function peakOf(each: number, { env }: Ground): Promise<number> {
  const words = ['run', 'single', '-p', planOf('flood'), '-i', String(instances), '-q'];
  const { peak } = await runWatched([...tg, ...words, '--tp', `mb=${Math.max(1, Math.round(each))}`], {
    env,
  });
  return peak;
}

/** The time and memory that packing the outputs of a run takes. */
export const collect: Benchmark = {
  name: 'collect',
  needs: ['cc', 'tar'],
  title: 'Collecting the outputs of 1,000 instances',
  async measure(extent) {
    using ground = makeGround();
    const megabytes = extent.quick ? 2 : 2_000;
    await runOnce('noop', 1, ground);
    const outputs = join(ground.home, 'data', 'outputs', 'local_exec', 'noop');
    const id = readdirSync(outputs).find((name) => name !== 'latest') ?? '';
    fill(join(outputs, id, 'single'), 1_000, megabytes);
    let peak = 0;
    const ms = await mediansInTurn(extent, {
      async tg() {
        const file = join(ground.dir, 'tg.tgz');
        const { ms: took, peak: most } = await runWatched([...tg, 'collect', id, '-o', file], {
          env: ground.env,
        });
        peak = Math.max(peak, most);
        return took;
      },
      tar: async () => (await run(['tar', 'czf', join(ground.dir, 'tar.tgz'), '-C', outputs, id])).ms,
    });
    const what = `collect ${megabytes / 1e3} GB in 1,000 folders`;
    return {
      rows: [
        atMost(0.9, { what, unit: 'ms', tg: ms.tg, against: { name: 'tar czf', value: ms.tar } }),
        {
          what: 'the same: memory',
          unit: 'MB',
          tg: peak,
          against: undefined,
          goal: '≤ 150 MB',
          met: peak <= 150,
        },
      ],
    };
  },
};

/** Fills the folders of instances with output in the form in which SDKs print it. */
function fill(group: string, count: number, megabytes: number): void {
  const each = (megabytes * 1e6) / count;
  for (let index = 0; index < count; index++) {
    const dir = join(group, String(index));
    mkdirSync(dir, { recursive: true });
    const fd = openSync(join(dir, 'run.out'), 'w');
    for (let written = 0; written < each; ) {
      const lines = Array.from({ length: 500 }, (_, line) => messageLine(index, line)).join('');
      writeFileSync(fd, lines.slice(0, Math.max(1, each - written)));
      written += lines.length;
    }
    closeSync(fd);
  }
}

function messageLine(index: number, line: number): string {
  const block = Math.random().toString(16).slice(2, 14);
  const message = `sent block ${block} to peer ${index} after ${(Math.random() * 100).toFixed(3)} ms`;
  return `{"ts":${1.7e9 + line}${Math.random().toString().slice(2, 11)},"msg":"","group_id":"single","run_id":"c","event":{"message_event":{"message":"${message}"}}}\n`;
}
