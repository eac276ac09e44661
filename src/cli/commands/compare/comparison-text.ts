import { sanitizeTerminalLine } from '../../../util/sanitize-terminal.ts';
import type { ComparedPoint, Comparison } from './comparison.ts';
import { gateLines } from './gates-text.ts';
import { explanation } from './method.ts';
import { metricsAsText } from './metrics-text.ts';
import { pointName } from './points.ts';
import { saturationLines } from './saturated.ts';
import { type ComparedRuns, sideWords } from './sides.ts';
import { longestLine, wrapped } from './wrapped.ts';

/**
 * A comparison as text: a table with a row for each statistic of each metric.
 * @param width of the terminal, in columns; a table that does not fit becomes one block for each metric. Undefined for
 *   any width.
 */
export async function comparisonAsText(comparison: Comparison, width?: number): Promise<string> {
  const { sides, differing, points, leftOut } = comparison;
  const settings =
    differing.length === 0
      ? ['their settings are the same']
      : ['their settings differ:', ...differing.map((line) => `  ${line}`)];
  const more = [...saturationLines(sides), ...leftOut].map((line) => `${line}\n`);
  const about = `${sides.map(sideLine).join('')}\n${settings.join('\n')}\n${more.join('')}`;
  const judged = gateLines(points, sides);
  const parts = [
    width === undefined ? about : wrapped(about, width),
    ...(await Promise.all(points.map((point) => pointAsText(sides, point, width)))),
    wrapped(explanation, width ?? longestLine),
    ...(judged === '' ? [] : [width === undefined ? judged : wrapped(judged, width)]),
  ];
  return parts.join('\n');
}

async function pointAsText(
  sides: readonly ComparedRuns[],
  { values, metrics }: ComparedPoint,
  width: number | undefined,
): Promise<string> {
  const name = pointName(values);
  const text = await metricsAsText(sides, metrics, width);
  return name === '' ? text : `at ${sanitizeTerminalLine(name)}:\n${text}`;
}

function sideLine(side: ComparedRuns): string {
  const { name, isBaseline, records } = side;
  const [{ runId }] = records;
  const runs = records.length === 1 ? runId : `${records.length} runs, from ${runId}`;
  return `${name}: ${sideWords(side)}; ${runs}${isBaseline && name !== 'A' ? '; the baseline' : ''}\n`;
}
