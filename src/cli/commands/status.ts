import type { RunRecord } from '../../history/record.ts';
import { recordedResult } from '../../history/result.ts';
import { selectRun } from '../../history/select-runs.ts';
import { homeOf } from '../../os/home.ts';
import { causeTitles } from '../../run/causes/cause-text.ts';
import { causesIn } from '../../run/causes/rank-causes.ts';
import type { RunResult } from '../../run/verdict/result.ts';
import { type ExitCode, exitCodes } from '../../util/exit-codes.ts';
import { sanitizeTerminalLine } from '../../util/sanitize-terminal.ts';
import { formatSize } from '../../values/size.ts';
import { recordedOutcomeWord, stateWord } from '../flags/called-as.ts';
import { escapedJson } from '../output/json/json-text.ts';
import { recordAsJson } from '../output/json/record-json.ts';
import { printJson, say } from '../output/say.ts';
import { note } from '../output/warn.ts';

export interface StatusOptions {
  readonly task?: string;
  readonly extended?: boolean;
  readonly json?: boolean;
}

/** `tg status [run]`: prints the state of a run from its outputs. */
export async function status(asked: string | undefined, options: StatusOptions): Promise<ExitCode> {
  const record = await selectRun(homeOf(process.env), options.task ?? asked, note);
  if (options.json) printJson(`${JSON.stringify(recordAsJson(record), null, 2)}\n`);
  else say(`\n>>> Result:\n\n${asText(record)}${options.extended ? extended(record) : ''}`);
  return exitCodes.success;
}

/**
 * The time of a run's last change. The file system's clock, or a clock that was set back, may place it before the
 * run's creation.
 */
function updatedAt({ created, updated }: RunRecord): Date {
  return updated < created ? created : updated;
}

/** The line format that scripts parse with awk. */
function asText(record: RunRecord): string {
  const { runId, created, error, unseenOwner, ...run } = record;
  const result = recordedResult(record);
  const failed = result === undefined ? [] : causeTitles(causesIn(result), named);
  const lines = [
    ['ID:', runId],
    ['Created:', goTime(created)],
    ['Type:', 'run'],
    ['Status:', stateWord(record)],
    ['Outcome:', recordedOutcomeWord(record)],
    ...(unseenOwner === '' ? [] : [['Owner:', unseenOwner]]),
    ['Last update:', goTime(updatedAt(record))],
    ['Plan:', sanitizeTerminalLine(run.plan)],
    ['Test case:', sanitizeTerminalLine(run.case)],
    ['Run:', sanitizeTerminalLine(run.name)],
    ['Instances:', `${run.instances}${countsIn(result)}`],
    ['Outputs:', run.dir],
    ...(error === '' ? [] : [['Error:', setIn(error)]]),
    ...failed.map((text) => ['Not passed:', setIn(text)]),
    ...(result === undefined ? [] : attachmentLines(result).map((text) => ['Attachments:', text])),
  ];
  return lines
    .map(([name = '', value = '']) => `${name}${name.length < 8 ? '\t\t' : '\t'}${value}\n`)
    .join('');
}

/** The attachments of a run: `single/0/history.json (application/json, 12 kB)`. */
function attachmentLines({ attachments, more_attachments }: RunResult): string[] {
  const more = more_attachments + Math.max(0, attachments.length - named);
  return [
    ...attachments
      .slice(0, named)
      .map(({ group, index, name, type, bytes }) =>
        sanitizeTerminalLine(`${group}/${index}/${name} (${type}, ${formatSize(bytes)})`),
      ),
    ...(more === 0 ? [] : [`and ${more} more, in result.json`]),
  ];
}

/** Indents continuation lines under the first. */
function setIn(text: string): string {
  return text.replaceAll('\n', '\n\t\t');
}

/** At most this number of causes, and of attachments, is listed; --extended lists all. */
const named = 10;

function countsIn(result: RunResult | undefined): string {
  const counts = Object.entries(result?.counts ?? {}).map(([name, count]) => `${count} ${name}`);
  return counts.length === 0 ? '' : ` (${counts.join(', ')})`;
}

function extended({ result }: RunRecord): string {
  return `\n${result === undefined ? 'There is no result yet.' : escapedJson(JSON.stringify(result, null, 2))}\n`;
}

/** Formats a time as testground does: `2026-11-24 05:44:18.119 +0000 UTC`. */
export function goTime(time: Date): string {
  return time.toISOString().replace('T', ' ').replace('Z', ' +0000 UTC');
}
