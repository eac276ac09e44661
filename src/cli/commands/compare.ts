import { compareSides } from '../../metrics/comparison/compare-sides.ts';
import { readGate } from '../../metrics/comparison/gate.ts';
import { judgeGates } from '../../metrics/comparison/judge-gates.ts';
import type { Side } from '../../metrics/comparison/measured.ts';
import { homeOf } from '../../os/home.ts';
import { comparisonReport } from '../../report/comparison-report.ts';
import { type ExitCode, exitCodes } from '../../util/exit-codes.ts';
import { differences } from '../flags/compare-settings.ts';
import { checkOutputFile } from '../flags/output-file.ts';
import { writePage } from '../output/reports/page.ts';
import { printJson, say, sayAside } from '../output/say.ts';
import { standardStream } from '../standard-streams.ts';
import { type ComparedPoint, type Comparison, gatesOf } from './compare/comparison.ts';
import { comparisonAsJson } from './compare/comparison-json.ts';
import { comparisonAsText } from './compare/comparison-text.ts';
import { failedAsJson } from './compare/failed-json.ts';
import { failedRounds } from './compare/failed-rounds.ts';
import { failedAsText } from './compare/failed-text.ts';
import { exitCodeOfGates, gateLines } from './compare/gates-text.ts';
import { measureSide, type Wanted } from './compare/measure-side.ts';
import { explanation } from './compare/method.ts';
import { pointName, pointsOf, pooled } from './compare/points.ts';
import { saturationLines } from './compare/saturated.ts';
import { sidesOf, sideWords } from './compare/sides.ts';

export interface CompareOptions extends Wanted {
  readonly baseline?: string;
  readonly failIf?: readonly string[];
  readonly failed?: boolean;
  readonly pooled?: boolean;
  readonly json?: boolean;
  readonly html?: string;
}

/** `tg compare <runs> <runs> …`: compares the metrics of runs side by side. */
export async function compare(asked: readonly string[], options: CompareOptions): Promise<ExitCode> {
  const { html, json, baseline } = options;
  if (options.failed) return await compareFailed(asked, options);
  const gates = (options.failIf ?? []).map(readGate);
  if (html !== undefined) await checkOutputFile(html, 'the report');
  const sides = await sidesOf(homeOf(process.env), asked, baseline);
  const baseAt = sides.findIndex(({ isBaseline }) => isBaseline);
  const ofSides = sides.map(({ records }) => records);
  const { points, leftOut } = options.pooled ? pooled(ofSides) : pointsOf(ofSides);
  const compared: ComparedPoint[] = [];
  for (const { values, records } of points) {
    const measured: Side[] = [];
    for (const side of records) measured.push(await measureSide(side, options, gates));
    const metrics = await compareSides(measured, baseAt);
    compared.push({ values, measured, metrics, gates: judgeGates(gates, measured, baseAt) });
  }
  const comparison: Comparison = {
    sides,
    differing: differences(sides.map(({ settings }) => settings)),
    points: compared,
    leftOut: leftOut.map(
      (point) =>
        `${point.name} is not compared: only ${point.sides.map((side) => sides[side]?.name).join(', ')} has runs with it`,
    ),
  };
  if (html !== undefined) await printPage(comparison, html);
  else if (json) printJson(`${JSON.stringify(comparisonAsJson(comparison), null, 2)}\n`);
  else say(await comparisonAsText(comparison, widthOfTerminal()));
  return exitCodeOfGates(gatesOf(comparison));
}

/** `tg compare --failed <runs…>`: what failing rounds have that passing ones lack. */
async function compareFailed(asked: readonly string[], options: CompareOptions): Promise<ExitCode> {
  const rounds = await failedRounds(homeOf(process.env), asked, options);
  if (options.json) printJson(`${JSON.stringify(failedAsJson(rounds), null, 2)}\n`);
  else say(await failedAsText(rounds, widthOfTerminal()));
  return exitCodes.success;
}

function widthOfTerminal(): number | undefined {
  const { isTTY, columns } = process.stdout;
  return isTTY && columns > 0 ? columns : undefined;
}

async function printPage(comparison: Comparison, html: string): Promise<void> {
  const { sides, differing, points, leftOut } = comparison;
  const lines = gateLines(points, sides);
  const about = {
    method: explanation,
    sides: sides.map((side) => ({
      name: side.name,
      words: sideWords(side),
      isBaseline: side.isBaseline,
      runs: side.records.map(({ runId }) => runId),
    })),
    differ: differing,
    gates: lines.split('\n').filter((line) => line !== ''),
    saturated: saturationLines(sides),
    leftOut,
  };
  await writePage(
    comparisonReport(
      about,
      points.map((point) => ({ ...point, name: pointName(point.values) })),
    ),
    html,
  );
  if (html === standardStream) sayAside(lines);
  else say(lines);
}
