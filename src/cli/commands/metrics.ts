import { readHistory } from '../../history/events.ts';
import { instancesOf } from '../../history/instances.ts';
import type { RunRecord } from '../../history/record.ts';
import { selectRun } from '../../history/select-runs.ts';
import type { Format } from '../../metrics/export/formats.ts';
import { filtered, filterOf } from '../../metrics/filter.ts';
import type { Source } from '../../metrics/sample.ts';
import { samplesOf } from '../../metrics/samples.ts';
import { quantileNames } from '../../metrics/stats.ts';
import { fullName, summarise } from '../../metrics/summary.ts';
import { type RowWithUnit, withUnits } from '../../metrics/unit.ts';
import { homeOf } from '../../os/home.ts';
import { statNames } from '../../plan/threshold.ts';
import { csvLine } from '../../util/csv.ts';
import { TgError } from '../../util/errors.ts';
import { type ExitCode, exitCodes } from '../../util/exit-codes.ts';
import { sanitizeTerminalLine } from '../../util/sanitize-terminal.ts';
import { momentOf } from '../flags/moment.ts';
import { checkOutputFile } from '../flags/output-file.ts';
import { columns } from '../output/columns.ts';
import type { MetricsJson } from '../output/json/metrics-json.ts';
import { shortNumber } from '../output/numbers.ts';
import { checkParquetPlace, exportSamples } from '../output/reports/metrics-export.ts';
import { printData, printJson, say } from '../output/say.ts';
import { note, warn } from '../output/warn.ts';
import { standardStream } from '../standard-streams.ts';

export interface MetricsOptions {
  readonly task?: string;
  readonly name?: readonly string[];
  readonly instance?: readonly string[];
  readonly source?: readonly Source[];
  readonly since?: string;
  readonly until?: string;
  readonly json?: boolean;
  readonly csv?: boolean;
  readonly format?: Format;
  readonly output?: string;
}

/** `tg metrics [run]`: prints the metrics of a run from its outputs. */
export async function metrics(asked: string | undefined, options: MetricsOptions): Promise<ExitCode> {
  if (options.output !== undefined && options.output !== standardStream && options.format === undefined)
    throw new TgError('usage', 'the table is always printed on stdout', {
      where: '-o',
      hint: 'Add --format, or redirect the table: > file.',
    });
  const { output = standardStream } = options;
  await checkOutputFile(output, 'the metrics');
  if (options.format === 'parquet') checkParquetPlace(output);
  const record = await selectRun(homeOf(process.env), options.task ?? asked, note);
  if (record.state === 'processing') warn('the run is still active: these are its metrics so far');
  if (record.state === 'interrupted') warn('the run was interrupted: these are its metrics until then');
  if (record.state === 'unknown') warn(`the state of the run is unknown: its owner is ${record.unseenOwner}`);
  const samples = await wantedSamples(record, options);
  if (options.format !== undefined) {
    await exportSamples(record, samples, options.format, output);
    return exitCodes.success;
  }
  const rows = withUnits(await summarise(samples), record.metricUnits);
  if (options.json) printJson(asJson(record, rows));
  else if (options.csv) printData(asCsv(rows));
  else say(rows.length === 0 ? await noneText(record) : asText(rows));
  return exitCodes.success;
}

async function wantedSamples(record: RunRecord, options: MetricsOptions) {
  const isTimed = options.since !== undefined || options.until !== undefined;
  const began = isTimed ? (await readHistory(record.dir)).began : 0;
  const wanted = filterOf({
    names: options.name,
    instances: options.instance && instancesOf(record, options.instance),
    sources: options.source,
    sinceNs: momentOf(options.since, began, '--since'),
    untilNs: momentOf(options.until, began, '--until'),
  });
  return filtered(samplesOf(record, warn), wanted);
}

/** At most this many names are listed. */
const maxNames = 50;

/** What to say if no metric is wanted: which ones there are. */
async function noneText(record: RunRecord): Promise<string> {
  const names = [...new Set((await summarise(samplesOf(record, () => {}))).map(({ metric }) => metric))];
  if (names.length === 0) return 'the run has no metrics\n';
  const left = names.length - maxNames;
  const shown = [...names.slice(0, maxNames), ...(left > 0 ? [`and ${left} more`] : [])];
  return `no metrics match; the run has: ${shown.map(sanitizeTerminalLine).join(', ')}\n`;
}

function asText(rows: readonly RowWithUnit[]): string {
  const severalOf = (key: 'group' | 'source') => new Set(rows.map((row) => row[key])).size > 1;
  const [groups, sourced] = [severalOf('group'), severalOf('source')];
  const measured = hasUnits(rows);
  const optional = <T>(wanted: boolean, cell: T) => (wanted ? [cell] : []);
  const head = [
    ...['METRIC', 'TYPE', ...optional(groups, 'GROUP'), 'COUNT', 'MEAN', 'P50', 'P95', 'P99', 'MAX'],
    ...optional(measured, 'UNIT'),
    ...optional(sourced, 'SOURCE'),
  ];
  const cells = rows.map((row) => {
    const bound = row.least === null ? '' : '≤ ';
    return [
      fullName(row),
      row.type,
      ...optional(groups, row.group),
      shortNumber(row.count),
      shortNumber(row.mean),
      ...quantileNames.map((name) => `${bound}${shortNumber(row[name])}`),
      shortNumber(row.max),
      ...optional(measured, row.unit ?? ''),
      ...optional(sourced, row.source),
    ];
  });
  const note = rows.some(({ least }) => least !== null)
    ? '\n≤: the instances report summaries; the value over all of them is at most this, as far as their samples show\n'
    : '';
  const right = head.flatMap((name, column) => (/^(COUNT|MEAN|P\d\d|MAX)$/.test(name) ? [column] : []));
  return `${columns([head, ...cells], right)}${note}`;
}

function hasUnits(rows: readonly RowWithUnit[]): boolean {
  return rows.some(({ unit }) => unit !== null);
}

function asCsv(rows: readonly RowWithUnit[]): string {
  // Last, and only if there are units: scripts count columns.
  const measured = hasUnits(rows);
  const head = ['metric', 'tags', 'type', 'source', 'group', ...statNames, ...(measured ? ['unit'] : [])];
  const lines = rows.map((row) => [
    ...[row.metric, row.tags, row.type, row.source, row.group],
    ...statNames.map((name) => row[name]),
    ...(measured ? [row.unit ?? ''] : []),
  ]);
  return [head, ...lines].map(csvLine).join('');
}

function asJson({ runId }: RunRecord, metrics: readonly RowWithUnit[]): string {
  const data: MetricsJson = { version: 1, run_id: runId, metrics };
  return `${JSON.stringify(data, null, 2)}\n`;
}
