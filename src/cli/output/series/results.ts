import type { SeriesRow } from '../../../run/series/series-row.ts';
import { type Outcome, outcomes } from '../../../run/verdict/outcomes.ts';
import type { RunResult } from '../../../run/verdict/result.ts';
import { asTyped } from '../../../util/command-name.ts';
import { groupBy } from '../../../util/group-by.ts';
import { sanitizeTerminalLine } from '../../../util/sanitize-terminal.ts';
import { outcomeWord } from '../../flags/called-as.ts';
import { columns } from '../columns.ts';

/** `outcome: failure; 10 instances: 8 success, 2 failed; run ID …` */
export function summary(result: RunResult): string {
  return `${counts(result)}; run ID: ${result.run_id}`;
}

/** `outcome: failure; 10 instances: 8 success, 2 failed` */
export function counts({ outcome, counts: byOutcome, instances, thresholds }: RunResult): string {
  const each = Object.entries(byOutcome).map(([name, count]) => `${count} ${name}`);
  const missed = (['failed', 'unknown'] as const).flatMap((verdict) => {
    const count = thresholds.filter((threshold) => threshold.outcome === verdict).length;
    return count === 0 ? [] : [`; ${count} of ${thresholds.length} thresholds ${verdict}`];
  });
  const count = `${instances} instance${instances === 1 ? '' : 's'}`;
  if (each.length === 0) return `outcome: ${outcomeWord(outcome)}; ${count}, of which none was started`;
  return `outcome: ${outcomeWord(outcome)}; ${count}: ${each.join(', ')}${missed.join('')}`;
}

/** At most this number of distinct requests is listed in one line. */
const namedOfNetwork = 5;

/** What to do about a success that is unknown because its network was not shaped. */
const chooseText =
  '; so it is not known whether the plan passes: choose --runner local:netns, which applies them, or --run-cfg sidecar=noop';

/** Summarizes the network requests of a plan that were not applied; undefined if there were none. */
export function networkText({ network, run_id, outcome }: RunResult): string | undefined {
  if (network === null || network.not_as_asked === 0) return undefined;
  const all = notAppliedLines(network);
  const more = all.length - namedOfNetwork;
  const named = [
    ...all.slice(0, namedOfNetwork),
    ...(more > 0 ? [`and ${more} more: ${asTyped(`why ${run_id}`)}`] : []),
  ];
  return `NOT APPLIED in ${network.not_as_asked} of ${network.configured} network configurations: ${named.join(', ')}${outcome === 'unknown' && network.measured === null ? chooseText : ''}`;
}

/** What the network of a run did not deliver as asked, one per line. */
export function networkProblemLines({ network }: RunResult): string[] {
  return (network?.measured?.problems ?? []).map((text) => `the network: ${text}`);
}

/** Lists the network requests that were not applied with their counts, most frequent first. */
export function notAppliedLines({ not_applied }: NonNullable<RunResult['network']>): string[] {
  return Object.entries(not_applied)
    .toSorted(([, one], [, other]) => other - one)
    .map(([what, times]) => `${what} (${times}×)`);
}

/** Formats `result default[<run id>]: success`, one line per run. */
export function resultLines(rows: readonly SeriesRow[]): string[] {
  return rows.map(
    ({ name, runId = 'N/A', outcome }) =>
      `result ${sanitizeTerminalLine(name)}[${runId}]: ${outcomeWord(outcome)}`,
  );
}

/** The column for failures comes next to successes, followed by the other outcomes in order. */
const outcomeColumns = [...new Set<Outcome>(['success', 'failure', ...outcomes])];

/**
 * A table of repeated runs: the number of rounds by outcome, and the first that did not pass.
 * @param removed the number of runs whose outputs were removed.
 */
export function roundsTable(rows: readonly SeriesRow[], removed: number): string {
  const begun = rows.filter(({ runId }) => runId !== undefined);
  const lines = [...groupBy(begun, (row) => row.name)].map(([name, its]) => {
    const counts = outcomeColumns.map((outcome) => its.filter((row) => row.outcome === outcome).length);
    const ended = its.filter(({ isJudged }) => isJudged).length;
    const failed = its.filter(hasFailed).length;
    return [name, String(its.length), ...counts.map(String), ended === 0 ? '-' : share(failed, ended)];
  });
  const first = begun.find(hasFailed);
  const canceled = begun.find(({ outcome }) => outcome === 'canceled');
  const parts = [
    first === undefined
      ? 'no run failed'
      : `the first that failed: ${first.name}, round ${first.round}, run ID ${first.runId}, --seed ${first.seed}`,
    ...(canceled === undefined ? [] : [`ended in round ${canceled.round}`]),
    ...(removed === 0
      ? []
      : [
          `the outputs of ${removed} run${removed === 1 ? '' : 's'} that passed were removed (--keep-passed keeps them)`,
        ]),
  ];
  const table = columns([['run', 'rounds', ...outcomeColumns, 'failed'], ...lines], [1, 2, 3, 4, 5, 6, 7]);
  return `\n${table}\n${parts.map((text) => `${sanitizeTerminalLine(text)}\n`).join('')}`;
}

function hasFailed({ isJudged, outcome }: SeriesRow): boolean {
  return isJudged && outcome !== 'success';
}

/** Formats a share in percent; a non-zero share is never shown as 0%, and a partial one never as 100%. */
function share(part: number, all: number): string {
  const percent = (100 * part) / all;
  const digits = percent > 0 && percent < 1 ? 2 : Math.round(percent) === percent ? 0 : 1;
  return `${percent.toFixed(digits)} %`;
}
