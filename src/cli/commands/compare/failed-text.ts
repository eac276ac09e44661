import type { RunRecord } from '../../../history/record.ts';
import type { FailingLine } from '../../../history/rounds/failing-lines.ts';
import type { Parting } from '../../../history/rounds/partings.ts';
import type { Proportion } from '../../../metrics/proportion.ts';
import { instanceTag } from '../../../plan/instance-id.ts';
import { shareText } from '../../../values/percent.ts';
import { columns } from '../../output/columns.ts';
import { cutLines } from '../../output/cut-lines.ts';
import type { FailedRounds } from './failed-rounds.ts';
import { metricsAsText } from './metrics-text.ts';
import { longestLine, wrapped } from './wrapped.ts';

/** How many of each kind are shown; --json has more. */
const shown = { lines: 20, runs: 10, partings: 5 } as const;

/**
 * What failing rounds have that passing ones lack, as text.
 * @param width of the terminal, in columns; undefined for any width.
 */
export async function failedAsText(rounds: FailedRounds, width?: number): Promise<string> {
  const { failed, passed, removed, leftOut, rate, settings, partings, lines } = rounds;
  const head = [
    rateText(rate),
    ...(failed.length === 0 ? [] : [`failed: ${idsOf(failed)}`]),
    ...(removed === 0
      ? []
      : [`the outputs of ${removed} rounds that passed were removed: --keep-passed keeps them to compare`]),
    ...(leftOut.length === 0
      ? []
      : [`left out, because a person or the machine ended them: ${idsOf(leftOut)}`]),
  ];
  const headText = wrapped(head.join('\n'), width ?? longestLine);
  if (failed.length === 0) return `${headText}\n`;
  if (passed.length === 0) return `${headText}\nNo round has passed, so there is nothing to compare with.\n`;
  const of = `of ${failed.length}`;
  const parts = [
    section(
      'settings of failing rounds only',
      settings
        .map(({ setting, value, failed: count }) => `  ${setting}: ${value}, in ${count} ${of}\n`)
        .join(''),
    ),
    section(
      'the first event that all passing rounds have and failing ones lack',
      partings
        .slice(0, shown.partings)
        .map((parting) => partingText(parting, of))
        .join(''),
    ),
    section('lines of failing rounds only, … for what differs', linesText(lines, of)),
  ];
  const shortened = await cutLines(parts.join('\n'), width);
  return `${headText}\n\n${shortened}\n${await metricsText(rounds, width)}`;
}

function rateText(rate: Proportion | undefined): string {
  if (rate === undefined) return 'no round has a verdict';
  const { count, of, low, high } = rate;
  const begin = `${count} of ${of} rounds failed`;
  if (count === 0) return `${begin}: the failure rate is at most ${shareText(high)} (95 % confidence)`;
  if (count === of) return `${begin}: the failure rate is at least ${shareText(low)} (95 % confidence)`;
  return `${begin}: ${shareText(count / of)}, 95 % interval ${shareText(low)} to ${shareText(high)}`;
}

function idsOf(records: readonly RunRecord[]): string {
  const ids = records.slice(0, shown.runs).map(({ runId }) => runId);
  const more = records.length - ids.length;
  return `${ids.join(', ')}${more > 0 ? `, and ${more} more` : ''}`;
}

function section(title: string, content: string): string {
  return content === '' ? `${title}: none\n` : `${title}:\n${content}`;
}

function partingText({ group, event, after, isByAll, runs, without }: Parting, of: string): string {
  const [first = ''] = runs;
  const who = isByAll ? `every instance of ${group}` : `an instance of ${group}`;
  const place = after === null ? 'as the first event' : `after ${after}`;
  const missing =
    isByAll && without.length > 0 ? `; not ${without.join(', ')} in ${first}` : `; not in ${first}`;
  return `  ${who} ${event}, ${place}: missing in ${runs.length} ${of}${missing}\n`;
}

function linesText(lines: readonly FailingLine[], of: string): string {
  if (lines.length === 0) return '';
  const rows = lines
    .slice(0, shown.lines)
    .map(({ kind, shape, rounds, example: { runId, instance, elapsedMs } }) => [
      `  ${rounds} ${of}`,
      kind,
      shape,
      `${(elapsedMs / 1_000).toFixed(3)} s ${instanceTag(instance)} of ${runId}`,
    ]);
  const more = lines.length - rows.length;
  const head = ['  ROUNDS', 'CLASS', 'LINE', 'FIRST'];
  return `${columns([head, ...rows])}${more > 0 ? `  and ${more} more: --json\n` : ''}`;
}

async function metricsText({ metrics, passed, failed }: FailedRounds, width?: number): Promise<string> {
  if (metrics.length === 0) return 'metrics that differ: none\n';
  const sides = [
    { name: 'PASSED', isBaseline: true },
    { name: 'FAILED', isBaseline: false },
  ];
  const title = `metrics that differ between ${passed.length} passed and ${failed.length} failed rounds; of many metrics, some differ by chance:`;
  return `${wrapped(title, width ?? longestLine)}\n${await metricsAsText(sides, metrics, width)}`;
}
