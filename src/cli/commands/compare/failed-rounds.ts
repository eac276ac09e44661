import type { RunRecord } from '../../../history/record.ts';
import { recordedResult } from '../../../history/result.ts';
import { compareRounds, type RoundsCompared } from '../../../history/rounds/compare-rounds.ts';
import { findSeries, selectRuns } from '../../../history/select-runs.ts';
import { type ComparedMetric, compareSides } from '../../../metrics/comparison/compare-sides.ts';
import { type Proportion, proportionOf } from '../../../metrics/proportion.ts';
import type { Home } from '../../../os/home.ts';
import { isJudged } from '../../../run/series/series-row.ts';
import { messageOf, TgError } from '../../../util/errors.ts';
import { type Settings, settingsOf } from '../../flags/compare-settings.ts';
import { warn } from '../../output/warn.ts';
import { measureSide, type Wanted } from './measure-side.ts';
import { isDifferent } from './metrics-text.ts';

/** A value of a setting that only failing rounds have. */
export interface FailingSetting {
  readonly setting: string;
  readonly value: string;
  /** The number of failing rounds with it. */
  readonly failed: number;
}

/** What failing rounds have that passing ones lack. */
export interface FailedRounds extends RoundsCompared {
  readonly failed: readonly RunRecord[];
  readonly passed: readonly RunRecord[];
  /** The number of rounds that passed and whose outputs were removed: they count, but cannot be compared. */
  readonly removed: number;
  /** Rounds that a person or the machine ended, and those without a verdict. */
  readonly leftOut: readonly RunRecord[];
  /** Undefined without rounds. */
  readonly rate: Proportion | undefined;
  readonly settings: readonly FailingSetting[];
  /** The metrics that differ: first passed, then failed rounds. */
  readonly metrics: readonly ComparedMetric[];
}

/**
 * Compares failing rounds with passing ones.
 * @param asked the rounds, in any number of arguments; a round that is named twice counts once.
 * @throws TgError (usage) if there is none.
 */
export async function failedRounds(
  home: Home,
  asked: readonly string[],
  wanted: Wanted,
): Promise<FailedRounds> {
  const all = await selectRuns(home, asked.join(','));
  if (all.length === 0)
    throw new TgError('usage', 'no round is named', { hint: 'Name the runs to compare.' });
  const leftOut = all.filter((record) => !isRound(record));
  const rounds = all.filter((record) => !leftOut.includes(record));
  const failed = rounds.filter(({ outcome }) => outcome !== 'success');
  const passed = rounds.filter(({ outcome }) => outcome === 'success');
  const removed = await removedRounds(home, asked, new Set(all.map(({ runId }) => runId)));
  const counted = rounds.length + removed;
  const rate = counted === 0 ? undefined : proportionOf(failed.length, counted);
  const isComparable = failed.length > 0 && passed.length > 0;
  const compared = isComparable
    ? await compareRounds(failed, passed, warn)
    : { lines: [], areLinesCut: false, partings: [] };
  return {
    ...{ failed, passed, removed, leftOut, rate, ...compared },
    settings: isComparable ? await settingsOfFailing(failed, passed) : [],
    metrics: isComparable ? await metricsThatDiffer(failed, passed, wanted) : [],
  };
}

/** Whether a run has a verdict that judges the plan. */
function isRound(record: RunRecord): boolean {
  const result = recordedResult(record);
  return result !== undefined && isJudged(record.outcome, result);
}

/** Counts the rounds of named series that passed and whose outputs were removed. @param kept the IDs of other rounds. */
async function removedRounds(
  home: Home,
  asked: readonly string[],
  kept: ReadonlySet<string>,
): Promise<number> {
  const passed = new Set<string>();
  for (const name of asked.flatMap((each) => each.split(','))) {
    const { entries = [] } = (await findSeries(home, name)) ?? {};
    for (const { run_id: id, outcome, judged } of entries)
      if (id !== null && judged && outcome === 'success' && !kept.has(id)) passed.add(id);
  }
  return passed.size;
}

/** Leaves out settings that have another value in each round. */
async function settingsOfFailing(
  failed: readonly RunRecord[],
  passed: readonly RunRecord[],
): Promise<readonly FailingSetting[]> {
  const ofPassing = new Set((await pairsOf(passed)).map(([key]) => key));
  const counts = new Map<string, FailingSetting>();
  for (const [key, setting, value] of await pairsOf(failed)) {
    if (ofPassing.has(key)) continue;
    counts.set(key, { setting, value, failed: (counts.get(key)?.failed ?? 0) + 1 });
  }
  return [...counts.values()]
    .filter((its) => its.failed > 1 || failed.length === 1)
    .sort((a, b) => b.failed - a.failed);
}

async function pairsOf(
  records: readonly RunRecord[],
): Promise<(readonly [key: string, name: string, value: string])[]> {
  const all: Settings[] = [];
  for (const record of records)
    try {
      all.push(await settingsOf(record));
    } catch (error) {
      warn(`the settings of ${record.runId} are left out: ${messageOf(error)}`);
    }
  return all.flatMap((settings) =>
    [...settings.values()].map(({ name, value }) => [JSON.stringify([name, value]), name, value] as const),
  );
}

async function metricsThatDiffer(
  failed: readonly RunRecord[],
  passed: readonly RunRecord[],
  wanted: Wanted,
): Promise<readonly ComparedMetric[]> {
  const sides = [await measureSide(passed, wanted, []), await measureSide(failed, wanted, [])];
  const differs = ({ sides: [of, other] }: ComparedMetric) =>
    (of === null) !== (other === null) || isDifferent(other ?? null);
  return (await compareSides(sides)).filter(differs);
}
