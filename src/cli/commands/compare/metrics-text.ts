import type { Interval } from '../../../metrics/comparison/bootstrap.ts';
import {
  type ComparedMetric,
  type Difference,
  type Effect,
  significant,
} from '../../../metrics/comparison/compare-sides.ts';
import { type EffectStat, effectStats } from '../../../metrics/comparison/estimates.ts';
import { sanitizeTerminalLine } from '../../../util/sanitize-terminal.ts';
import { pValue } from '../../../values/p-value.ts';
import { percent, percentRange } from '../../../values/percent.ts';
import { columns } from '../../output/columns.ts';
import { cutLines } from '../../output/cut-lines.ts';
import { shortNumber } from '../../output/numbers.ts';

/** A side as a table names it. */
interface NamedSide {
  readonly name: string;
  readonly isBaseline: boolean;
}

/**
 * The compared metrics as text: a table with a row for each statistic of each metric.
 * @param width of the terminal, in columns; a table that does not fit becomes one block for each metric. Undefined for
 *   any width.
 */
export async function metricsAsText(
  sides: readonly NamedSide[],
  metrics: readonly ComparedMetric[],
  width?: number,
): Promise<string> {
  const table = tableOf(sides, metrics);
  if (width === undefined || (await widest(table)) <= width) return table;
  return await cutLines(blocksOf(sides, metrics), width);
}

/** The width of the widest line, in columns of a terminal. */
async function widest(text: string): Promise<number> {
  // Loading it takes 20 ms, which only a terminal is worth.
  const { default: stringWidth } = await import('string-width');
  return text.split('\n').reduce((max, line) => Math.max(max, stringWidth(line)), 0);
}

/** A row for each statistic of each metric, with all sides. */
function tableOf(sides: readonly NamedSide[], metrics: readonly ComparedMetric[]): string {
  const head = [
    ...['METRIC', 'STAT'],
    ...sides.flatMap(({ name, isBaseline }) =>
      isBaseline ? [name, '95 %'] : [name, '95 %', 'CHANGE', '95 %', 'P', ''],
    ),
    'VALUES',
  ];
  const rows = metrics.flatMap(({ metric, sides: all }) =>
    statsIn(all).map((stat) => [
      metric,
      stat,
      ...all.flatMap((side, place) => {
        const [value = '', interval = '', ...change] = cellsOf(side, stat);
        return sides[place]?.isBaseline ? [value, interval] : [value, interval, ...change];
      }),
      countsText(all),
    ]),
  );
  const right = head.flatMap((name, column) =>
    column > 1 && name !== '' && name !== 'VALUES' ? [column] : [],
  );
  return columns([head, ...rows], right);
}

/** A block for each metric, with a row for each statistic of each side. */
function blocksOf(sides: readonly NamedSide[], metrics: readonly ComparedMetric[]): string {
  return metrics
    .map(({ metric, sides: all }) => {
      const rows = statsIn(all).flatMap((stat) =>
        all.map((side, place) => [place === 0 ? stat : '', sides[place]?.name ?? '', ...cellsOf(side, stat)]),
      );
      const head = ['STAT', '', 'VALUE', '95 %', 'CHANGE', '95 %', 'P', ''];
      const block = columns([head, ...rows], [2, 3, 4, 5, 6]);
      return `${sanitizeTerminalLine(metric)}: ${countsText(all)}\n${block.replaceAll(/^(?=.)/gm, '  ')}`;
    })
    .join('\n');
}

/** The statistics that at least one side has enough samples for. */
function statsIn(all: readonly (Difference | null)[]): readonly EffectStat[] {
  return effectStats.filter((stat) => all.some((side) => side !== null && side.effects[stat] !== null));
}

/** The value, its interval, the change, its interval, P, and a mark. */
function cellsOf(side: Difference | null, stat: EffectStat): readonly string[] {
  const effect = side?.effects[stat] ?? null;
  if (side === null || effect === null) return ['–', '', '', '', '', ''];
  const { value, interval, change, changeInterval } = effect;
  const p = stat === 'mean' ? side.p : null;
  return [
    shortNumber(value),
    interval === null ? '' : rangeText(interval),
    change === null ? '' : percent(change),
    changeInterval === null ? '' : percentRange(changeInterval),
    p === null ? '' : pValue(p),
    isMarked(effect, p) ? '*' : '',
  ];
}

function isMarked({ changeInterval }: Effect, p: number | null): boolean {
  if (p !== null) return p < significant;
  return changeInterval !== null && (changeInterval[0] > 0 || changeInterval[1] < 0);
}

function rangeText([low, high]: Interval): string {
  return `${shortNumber(low, 4)}..${shortNumber(high, 4)}`;
}

/** `5, 5 runs`, or `5 runs, 20 instances`. */
function countsText(all: readonly (Difference | null)[]): string {
  const counts = all.map((side) => side?.count ?? 0);
  const units = new Set(all.flatMap((side) => side?.of ?? []));
  if (units.size === 1) return `${counts.join(', ')} ${[...units].join('')}s`;
  // Sides with enough runs are compared by those, others by instances.
  return all.map((side, place) => `${counts[place]}${side === null ? '' : ` ${side.of}s`}`).join(', ');
}

/** Whether a side differs from the baseline in any statistic. */
export function isDifferent(side: Difference | null): boolean {
  return (
    side !== null &&
    effectStats.some((stat) => {
      const effect = side.effects[stat];
      return effect !== null && isMarked(effect, stat === 'mean' ? side.p : null);
    })
  );
}
