import { basename } from 'node:path';
import { mean } from 'simple-statistics';
import { readDurations } from '../../history/durations.ts';
import type { RunRecord } from '../../history/record.ts';
import { selectRuns } from '../../history/select-runs.ts';
import {
  type ComparedMetric,
  compareSides,
  type Difference,
  enoughRuns,
  type Side,
  SideBuilder,
  significant,
} from '../../metrics/comparison.ts';
import { filtered, filterOf } from '../../metrics/filter.ts';
import type { Source } from '../../metrics/sample.ts';
import { samplesOf } from '../../metrics/samples.ts';
import { type Home, homeOf } from '../../os/home.ts';
import { comparisonReport } from '../../report/comparison-report.ts';
import { asTyped } from '../../util/command-name.ts';
import { firstDuplicate } from '../../util/duplicates.ts';
import { TgError } from '../../util/errors.ts';
import { type ExitCode, exitCodes } from '../../util/exit-codes.ts';
import { percent } from '../../values/percent.ts';
import { differences } from '../flags/compare-settings.ts';
import { checkOutputFile } from '../flags/output-file.ts';
import { columns } from '../output/columns.ts';
import type { CompareJson } from '../output/json/compare-json.ts';
import { shortNumber } from '../output/numbers.ts';
import { writePage } from '../output/reports/page.ts';
import { printJson, say } from '../output/say.ts';
import { warn } from '../output/warn.ts';

export interface CompareOptions {
  readonly name?: readonly string[];
  readonly source?: readonly Source[];
  readonly json?: boolean;
  readonly html?: string;
}

/** The runs on one side of a comparison. */
interface Runs {
  /** A, B, … */
  readonly name: string;
  readonly records: readonly [RunRecord, ...RunRecord[]];
}

/** `tg compare <runs> <runs> …`: compares the metrics of runs side by side. */
export async function compare(asked: readonly string[], options: CompareOptions): Promise<ExitCode> {
  if (options.html !== undefined) await checkOutputFile(options.html, 'the report');
  const all = await runsOf(asked, homeOf(process.env));
  const sides: Side[] = [];
  for (const { records } of all) sides.push(await sideOf(records, options));
  const metrics = compareSides(sides);
  const differing = await differences(all.map(({ records }) => records[0]));
  if (options.html !== undefined) {
    const about = { method: explanation, sides: all.map(describeSide), differ: differing };
    await writePage(comparisonReport(about, metrics, sides), options.html);
    return exitCodes.success;
  }
  if (options.json) printJson(asJson(all, differing, metrics));
  else say(asText(all, differing, metrics));
  return exitCodes.success;
}

/** @throws TgError (usage) for fewer than two sides, and for a run given twice. */
async function runsOf(asked: readonly string[], home: Home): Promise<Runs[]> {
  const ids = asked.map((side) => side.split(',').filter((id) => id !== ''));
  if (ids.length < 2)
    throw new TgError('usage', 'a comparison needs at least two sides', {
      hint: `Name two runs, ${asTyped('compare <run> <run>')}; separate several runs of one side with commas.`,
    });
  const all: Runs[] = [];
  for (const [index, [first = '', ...others]] of ids.entries()) {
    const records: [RunRecord, ...RunRecord[]] = [...(await selectRuns(home, first))];
    for (const id of others) records.push(...(await selectRuns(home, id)));
    all.push({ name: String.fromCharCode('A'.charCodeAt(0) + index), records });
  }
  const known = all.flatMap(({ records }) => records.map(({ dir }) => dir));
  const twice = firstDuplicate(known);
  if (twice !== undefined)
    throw new TgError('usage', `the run ${basename(twice)} is given twice`, { hint: 'Name each run once.' });
  return all;
}

async function sideOf(records: Runs['records'], { name, source }: CompareOptions): Promise<Side> {
  const wanted = filterOf({ names: name, sources: source ?? ['results', 'pushed'] });
  const builder = new SideBuilder();
  for (const record of records) await builder.add(record.dir, filtered(samplesOf(record, warn), wanted));
  if (name !== undefined || source !== undefined) return builder.side();
  const took = await Promise.all(records.map(({ dir }) => readDurations(dir)));
  return new Map([
    ...builder.side(),
    ['run, ms', { byRun: took.flatMap(({ run }) => run ?? []) }],
    [
      'instance, ms',
      {
        byRun: took.flatMap(({ instances }) => (instances.length === 0 ? [] : mean([...instances]))),
        byInstance: took.flatMap(({ instances }) => instances),
      },
    ],
  ]);
}

function asText(
  all: readonly Runs[],
  differing: readonly string[],
  metrics: readonly ComparedMetric[],
): string {
  const sides = all.map((side) => {
    const { name, words: text, runs } = describeSide(side);
    return `${name}: ${text}; ${runs.length === 1 ? runs[0] : `${runs.length} runs, from ${runs[0]}`}\n`;
  });
  const settings =
    differing.length === 0
      ? ['their settings are the same']
      : ['their settings differ:', ...differing.map((line) => `  ${line}`)];
  const others = all.slice(1);
  const head = ['METRIC', 'A', ...others.flatMap(({ name }) => [name, 'CHANGE', 'P', '']), 'VALUES'];
  const rows = metrics.map(({ metric, sides: values }) => {
    const [first, ...rest] = values;
    const counts = values.map((value) => value?.count ?? 0).join(', ');
    const of = values.find((value) => value !== null)?.of ?? 'instance';
    return [metric, valueText(first), ...rest.flatMap(differenceLines), `${counts} ${of}s`];
  });
  const right = [1, ...others.flatMap((_, index) => [2 + 4 * index, 3 + 4 * index, 4 + 4 * index])];
  return `${sides.join('')}\n${settings.join('\n')}\n\n${columns([head, ...rows], right)}\n${explanation}`;
}

/** Describes a side in words, with the IDs of its runs. */
function describeSide({ name, records }: Runs) {
  const [{ plan, case: testCase, instances }] = records;
  const text = `${plan}:${testCase}, ${instances} instance${instances === 1 ? '' : 's'}`;
  return { name, words: text, runs: records.map(({ runId }) => runId) };
}

const method = 'Mann–Whitney U, two-sided';

const explanation = `P: ${method}: the probability of a difference at least this large if the sides do not differ; * below ${significant}.
It compares runs if each side has ${enoughRuns} of them, otherwise instances: then it says nothing about other runs.
`;

function valueText(value: Difference | null | undefined): string {
  return value === null || value === undefined ? '–' : shortNumber(value.value);
}

function differenceLines(value: Difference | null): string[] {
  if (value === null) return ['–', '', '', ''];
  const { change, p } = value;
  return [
    valueText(value),
    change === null ? '' : percent(change),
    p === null ? '' : p.toFixed(4),
    p !== null && p < significant ? '*' : '',
  ];
}

function asJson(
  all: readonly Runs[],
  differing: readonly string[],
  metrics: readonly ComparedMetric[],
): string {
  const sides = all.map(({ name, records }) => ({ name, runs: records.map(({ runId }) => runId) }));
  const data: CompareJson = { version: 1, method, sides, differ: differing, metrics };
  return `${JSON.stringify(data, null, 2)}\n`;
}
