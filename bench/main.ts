import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { growth } from './benchmarks/growth.ts';
import { memory } from './benchmarks/memory.ts';
import { collect, output } from './benchmarks/outputs.ts';
import { peer } from './benchmarks/peer.ts';
import { runs } from './benchmarks/runs.ts';
import { startup } from './benchmarks/startup.ts';
import { barriers, connections, signals, topics } from './benchmarks/sync.ts';
import type { Benchmark, Measured } from './lib/benchmark.ts';
import { root } from './lib/ground.ts';
import { describeMachine } from './lib/machine.ts';
import { svgOf } from './lib/plot.ts';
import { tableOf } from './lib/table.ts';

const benchmarks: readonly Benchmark[] = [
  runs,
  growth,
  peer,
  memory,
  signals,
  barriers,
  topics,
  connections,
  output,
  collect,
  startup,
];

const usage = `npm run bench -- [names] [--quick] [--rounds N] [--json FILE] [--docs]

Measures tg side by side with what it is held against. Without names: all of

${benchmarks.map(({ name, title }) => `  ${name.padEnd(12)} ${title}`).join('\n')}

  --quick     small sizes, once: whether it works, no times are meant
  --rounds N  how often each figure is taken (5); the median counts
  --json FILE what was measured, with the machine, for programs
  --docs      writes table and plots into docs/
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    json: { type: 'string' },
    docs: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const unknown = positionals.filter((asked) => !benchmarks.some(({ name }) => name === asked));
if (values.help || unknown.length > 0) {
  if (unknown.length > 0) process.stderr.write(`no benchmark ${unknown.join(', ')}\n`);
  process.stdout.write(usage);
  process.exit(values.help ? 0 : 2);
}

const extent = { quick: values.quick, rounds: values.quick ? 1 : Number(values.rounds) };
const chosen = benchmarks.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
const measured: { readonly benchmark: Benchmark; readonly result: Measured }[] = [];
for (const benchmark of chosen) {
  process.stdout.write(`\n${benchmark.title} (${benchmark.name})\n\n`);
  const result = await benchmark.measure(extent);
  measured.push({ benchmark, result });
  process.stdout.write(`${tableOf(result.rows)}\n`);
}

const machine = await describeMachine();
if (values.json !== undefined) {
  const results = measured.map(({ benchmark: { name, title }, result }) => ({ name, title, ...result }));
  writeFileSync(values.json, `${JSON.stringify({ version: 1, machine, extent, results }, null, 2)}\n`);
}
if (values.docs) writeDocs();

/** Puts what was measured in the place of what was measured before: each benchmark has its own. */
function writeDocs(): void {
  const page = join(root, 'docs', 'performance.md');
  const pictures = join(root, 'docs', 'performance');
  mkdirSync(pictures, { recursive: true });
  let text = readFileSync(page, 'utf8');
  const put = (mark: string, words: string) => {
    const place = new RegExp(`(<!-- ${mark} -->\n)[^]*?(\n<!-- end -->)`);
    if (!place.test(text)) throw new Error(`docs/performance.md has no place for ${mark}`);
    text = text.replace(place, (_, before: string, after: string) => `${before}${words}${after}`);
  };
  put(
    'machine',
    Object.entries(machine)
      .map(([name, value]) => `- ${name}: ${value}`)
      .join('\n'),
  );
  for (const { benchmark, result } of measured) {
    put(benchmark.name, `\n${tableOf(result.rows)}\n`);
    for (const plot of result.plots ?? [])
      writeFileSync(join(pictures, `${plot.file}.svg`), `${svgOf(plot)}\n`);
  }
  writeFileSync(page, text);
}
