import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { flooded } from './benchmarks/flooded.ts';
import { growth } from './benchmarks/growth.ts';
import { memory } from './benchmarks/memory.ts';
import { network } from './benchmarks/network.ts';
import { collect, output } from './benchmarks/outputs.ts';
import { peer } from './benchmarks/peer.ts';
import { runs } from './benchmarks/runs.ts';
import { scaling } from './benchmarks/scaling.ts';
import { startup } from './benchmarks/startup.ts';
import { barriers, connections, signals, topics } from './benchmarks/sync.ts';
import type { Benchmark } from './lib/benchmark.ts';
import { type Report, writeDocs } from './lib/docs.ts';
import { describeMachine } from './lib/machine.ts';
import { isThere } from './lib/programs.ts';
import { tableOf } from './lib/table.ts';

const benchmarks: readonly Benchmark[] = [
  runs,
  growth,
  scaling,
  peer,
  memory,
  signals,
  barriers,
  topics,
  connections,
  flooded,
  output,
  collect,
  network,
  startup,
];

const usage = `npm run bench -- [names] [--quick] [--rounds N] [--json FILE] [--docs] [--from FILE]

Measures tg side by side with the programs that it is compared with. Without names, runs all of these:

${benchmarks.map(({ name, title }) => `  ${name.padEnd(12)} ${title}`).join('\n')}

  --quick     small sizes, once: checks that everything works, its times mean nothing
  --rounds N  measures each figure N times (default 5); the median counts
  --json FILE writes the figures, and a description of the machine, as JSON
  --docs      writes tables and plots into docs/
  --from FILE measures nothing, and takes the figures from a file that --json wrote
`;

const { values, positionals } = readWords();

if (values.help) {
  process.stdout.write(usage);
  process.exit();
}
const unknown = positionals.filter((asked) => !benchmarks.some(({ name }) => name === asked));
if (unknown.length > 0) refuse(`unknown benchmark: ${unknown.join(', ')}`);
const rounds = values.quick ? 1 : Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) refuse(`--rounds ${values.rounds}: not a whole number from 1`);
if (values.quick && values.docs)
  refuse('--quick and --docs exclude each other: the times of --quick mean nothing');
if (values.from !== undefined && !existsSync(values.from))
  refuse(`--from ${values.from}: there is no such file`);

const report = values.from === undefined ? await measureAll() : read(values.from);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
if (values.docs) writeDocs(report);

function readWords() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        quick: { type: 'boolean', default: false },
        rounds: { type: 'string', default: '5' },
        json: { type: 'string' },
        docs: { type: 'boolean', default: false },
        from: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

function refuse(why: string): never {
  process.stderr.write(`${why}\nSee npm run bench -- --help.\n`);
  process.exit(2);
}

async function measureAll(): Promise<Report> {
  const extent = { quick: values.quick, rounds };
  const chosen = benchmarks.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const results = [];
  for (const { name, title, needs, measure } of chosen) {
    process.stdout.write(`\n${title} (${name})\n\n`);
    const missing = needs.filter((tool) => !isThere(tool));
    if (missing.length > 0) {
      process.stdout.write(`LEFT OUT: ${missing.join(', ')} is not on PATH\n`);
      process.exitCode = 1;
      continue;
    }
    const measured = await measure(extent);
    results.push({ name, title, ...measured });
    process.stdout.write(`${tableOf(measured.rows)}\n`);
  }
  return { version: 1, machine: await describeMachine(), extent, results };
}

function read(file: string): Report {
  return JSON.parse(readFileSync(file, 'utf8')) as Report;
}
