import { appendFileSync } from 'node:fs';
import { causeSubject, linesOfCause } from '../../../run/causes/cause-text.ts';
import { causesIn } from '../../../run/causes/rank-causes.ts';
import type { SeriesRow } from '../../../run/series/series-row.ts';
import type { RunResult } from '../../../run/verdict/result.ts';
import { sanitizeTerminal, sanitizeTerminalLine } from '../../../util/sanitize-terminal.ts';
import { truncate } from '../../../util/truncate.ts';
import { summary } from '../series/results.ts';
import { escapeData, escapeProperty } from './escape.ts';
import { withoutCommands } from './workflow-commands.ts';

/** The maximum number of annotations that GitHub displays for one step. */
const maxAnnotations = 10;
/** The maximum number of characters of a cause in the summary. */
const maxReason = 300;
/** The maximum number of lines of a stack, of output and of a stall in one annotation. */
const maxDetails = 10;
/** The maximum number of runs in the summary of a job, which GitHub limits to 1 MiB. */
const maxSummarised = 1_000;

/**
 * The annotations of runs for GitHub Actions: an error for each cause, the most important first, then one for the run,
 * up to the number displayed for one step
 * (https://docs.github.com/actions/reference/workflow-commands-for-github-actions).
 */
export class Annotations {
  #left = maxAnnotations;

  of(result: RunResult): string {
    if (result.outcome === 'success') return '';
    const what = `${result.plan} ${result.case}`;
    const { causes } = causesIn(result);
    const each = causes.map((cause) => {
      const lines = linesOfCause(cause, maxDetails);
      return annotation(`${what}: ${causeSubject(cause)}`, lines.map(({ text }) => text).join('\n'));
    });
    const run = annotation(`${what}: ${result.outcome}`, summary(result));
    const shown = [...each.slice(0, maxAnnotations - 1), run].slice(0, this.#left);
    this.#left -= shown.length;
    return shown.join('');
  }
}

function annotation(title: string, message: string): string {
  // GitHub shows each line of a message, and would take an old command in one for its own.
  const safe = (text: string) => withoutCommands(sanitizeTerminal(text));
  return `::error title=${escapeProperty(safe(title))}::${escapeData(safe(message))}\n`;
}

/** Escapes a text for a cell of a Markdown table: no links, tags or cell separators. */
function cell(text: string): string {
  return sanitizeTerminalLine(text).replaceAll(/[\\`*[\]<>|~]/g, '\\$&');
}

function didNotPass({ outcome }: SeriesRow): boolean {
  return outcome !== 'success';
}

/** Adds a table of runs to the summary of the job. @param file the value of GITHUB_STEP_SUMMARY. */
export function addSummary(file: string, runs: readonly SeriesRow[]): void {
  // Failed runs come first, so that they are never cut off.
  const order = [...runs.filter(didNotPass), ...runs.filter((run) => !didNotPass(run))];
  const shown = runs.length > maxSummarised ? order.slice(0, maxSummarised) : runs;
  const rows = shown.map(({ name, plan, testCase, totalInstances, outcome, runId = '', reason }) => {
    const mark = outcome === 'success' ? '✅' : '❌';
    return `| ${cell(name)} | ${cell(`${plan} ${testCase}`)} | ${totalInstances} | ${mark} ${outcome} | ${cell(truncate(reason, maxReason))} | ${runId} |\n`;
  });
  const left = runs.length - shown.length;
  const more = left === 0 ? '' : `\nand ${left} more\n`;
  const head =
    '| run | test case | instances | outcome | cause | run ID |\n| --- | --- | --- | --- | --- | --- |\n';
  try {
    appendFileSync(
      file,
      `### ${runs.length === 1 ? 'A run' : `${runs.length} runs`} of tg\n\n${head}${rows.join('')}${more}\n`,
    );
  } catch {
    // A run does not fail if the summary cannot be written.
  }
}
