import type { RunRecord } from '../../../history/record.ts';
import { selectRuns } from '../../../history/select-runs.ts';
import type { Home } from '../../../os/home.ts';
import { asTyped } from '../../../util/command-name.ts';
import { firstDuplicate } from '../../../util/duplicates.ts';
import { messageOf, TgError } from '../../../util/errors.ts';
import { joinedSettings, type Settings, settingsOf, sideTitles } from '../../flags/compare-settings.ts';
import { warn } from '../../output/warn.ts';

/** The runs on one side of a comparison. */
export interface ComparedRuns {
  /** A, B, … */
  readonly name: string;
  /** The settings in which it differs from the other sides; empty if there are none. */
  readonly title: string;
  readonly isBaseline: boolean;
  readonly records: readonly [RunRecord, ...RunRecord[]];
  readonly settings: Settings;
}

type Records = ComparedRuns['records'];

/**
 * Finds the runs of each side.
 * @param asked one argument for each side.
 * @param baseline a side by its letter, argument, or one of its runs; or the runs of one more side, which becomes the
 *   first. Undefined for the first side.
 * @throws TgError (usage) for fewer than two sides, and for a run given twice.
 */
export async function sidesOf(
  home: Home,
  asked: readonly string[],
  baseline: string | undefined,
): Promise<ComparedRuns[]> {
  const given: Records[] = [];
  for (const side of asked) given.push(await recordsOf(home, side));
  const known = baseline === undefined ? 0 : baselineIn(asked, baseline);
  const { all, base } =
    known === undefined ? await withBaseline(home, given, baseline ?? '') : { all: given, base: known };
  checkSides(all);
  const settings = await Promise.all(all.map(settingsOfSide));
  const titles = sideTitles(settings);
  return all.map((records, place) => ({
    name: sideName(place),
    title: titles[place] ?? '',
    isBaseline: place === base,
    records,
    settings: settings[place] ?? new Map(),
  }));
}

/** A, B, … Z, A2, B2, … */
function sideName(place: number): string {
  const letter = String.fromCharCode('A'.charCodeAt(0) + (place % 26));
  return place < 26 ? letter : `${letter}${Math.floor(place / 26) + 1}`;
}

async function recordsOf(home: Home, asked: string): Promise<Records> {
  const [first, ...others] = await selectRuns(home, asked);
  if (first === undefined)
    throw new TgError('usage', `"${asked}" names no run`, { hint: 'Name each side by its runs.' });
  return [first, ...others];
}

/** The index of the side that the baseline names by its letter or argument; undefined if it names none. */
function baselineIn(asked: readonly string[], baseline: string): number | undefined {
  const place = asked.findIndex((side, index) => side === baseline || sideName(index) === baseline);
  return place === -1 ? undefined : place;
}

/** Finds the side that has the runs of the baseline, or adds them as the first side. */
async function withBaseline(home: Home, given: readonly Records[], baseline: string) {
  const records = await recordsOf(home, baseline);
  const ids = new Set(records.map(({ runId }) => runId));
  const there = given.findIndex((side) => side.some(({ runId }) => ids.has(runId)));
  return there === -1 ? { all: [records, ...given], base: 0 } : { all: given, base: there };
}

function checkSides(all: readonly Records[]): void {
  if (all.length < 2)
    throw new TgError('usage', 'a comparison needs at least two sides', {
      hint: `Name two runs, ${asTyped('compare <run> <run>')}, or ${asTyped('compare --baseline <run> <run>')}; separate several runs of one side with commas.`,
    });
  const twice = firstDuplicate(all.flatMap((records) => records.map(({ runId }) => runId)));
  if (twice !== undefined)
    throw new TgError('usage', `the run ${twice} is given twice`, { hint: 'Name each run once.' });
}

/** The settings of all runs of a side; those of the first must be readable. */
async function settingsOfSide([first, ...others]: Records): Promise<Settings> {
  const all = [await settingsOf(first)];
  for (const record of others)
    try {
      all.push(await settingsOf(record));
    } catch (error) {
      warn(`the settings of ${record.runId} are left out: ${messageOf(error)}`);
    }
  return joinedSettings(all);
}

/** Describes a side: its name, plan, instances and runs. */
export function sideWords({ title, records }: Pick<ComparedRuns, 'title' | 'records'>): string {
  const [{ plan, case: testCase }] = records;
  const sizes = [...new Set(records.map(({ instances }) => instances))];
  const what = `${plan}:${testCase}, ${sizes.join(' or ')} instance${sizes.length === 1 && sizes[0] === 1 ? '' : 's'}`;
  return title === '' ? what : `${title} (${what})`;
}
