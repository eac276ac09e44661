import { listRecords, type RunRecord } from '../../history/record.ts';
import { selectKeptRuns } from '../../history/select-runs.ts';
import { msBetween } from '../../os/clock.ts';
import { homeOf } from '../../os/home.ts';
import { roundedDuration } from '../../run/stall/stall-text.ts';
import { commandName } from '../../util/command-name.ts';
import { type ExitCode, exitCodes } from '../../util/exit-codes.ts';
import { formatDuration } from '../../values/go-duration.ts';
import { recordedOutcomeWord, stateWord } from '../flags/called-as.ts';
import { columns } from '../output/columns.ts';
import { cutLines } from '../output/cut-lines.ts';
import { recordAsJson } from '../output/json/record-json.ts';
import { timestamp } from '../output/lines.ts';
import { printJson, say } from '../output/say.ts';
import { goTime } from './status.ts';

export interface TasksOptions {
  readonly plan?: string;
  readonly outcome?: string;
  readonly state?: string;
  readonly limit?: number;
  readonly json?: boolean;
}

/** `tg tasks [runs]`: lists the runs of this home, or those of a series or with a label, newest first. */
export async function tasks(
  asked: string | undefined,
  { limit = Number.POSITIVE_INFINITY, ...options }: TasksOptions,
): Promise<ExitCode> {
  const home = homeOf(process.env);
  const records: RunRecord[] = [];
  for await (const record of asked === undefined ? listRecords(home) : await selectKeptRuns(home, asked)) {
    if (records.length >= limit) break;
    if (isWanted(record, options)) records.push(record);
  }
  if (options.json) {
    printJson(records.map((record) => `${JSON.stringify(recordAsJson(record))}\n`).join(''));
    return exitCodes.success;
  }
  const { isTTY, columns: width } = process.stdout;
  if (isTTY && width > 0 && commandName() !== 'testground') say(await forPeople(records, width));
  else say(`\n>>> Result:\n\n${forScripts(records)}`);
  return exitCodes.success;
}

/** A table that fits the width of a terminal. */
async function forPeople(records: readonly RunRecord[], width: number): Promise<string> {
  const head = ['ID', 'STARTED', 'TOOK', 'N', 'OUTCOME', 'PLAN:CASE'];
  const rows = records.map((record) => [
    record.runId,
    timestamp(record.created.getTime()).slice(0, 'Mar 20 17:16'.length),
    roundedDuration(tookMs(record)),
    String(record.instances),
    record.state === 'complete' ? recordedOutcomeWord(record) : stateWord(record),
    whatItWas(record),
  ]);
  return await cutLines(columns([head, ...rows], [2, 3]), width);
}

/** The plan and test case, with the name of the run and its labels if it has any. */
function whatItWas({ plan, case: testCase, name, labels }: RunRecord): string {
  return [
    `${plan}:${testCase}`,
    ...(name === 'default' ? [] : [name]),
    ...labels.map((label) => `[${label}]`),
  ].join(' ');
}

/** The table that scripts know from testground. */
function forScripts(records: readonly RunRecord[]): string {
  const head = [
    'ID',
    'DATE',
    'TEST PLAN',
    'TEST CASE',
    'DURATION',
    'STATE',
    'TYPE',
    'OUTCOME',
    'INSTANCES',
    'RUN',
  ];
  const rows = records.map((record) => [
    record.runId,
    goTime(record.created),
    record.plan,
    record.case,
    formatDuration(tookMs(record)),
    stateWord(record),
    'run',
    recordedOutcomeWord(record),
    String(record.instances),
    record.name,
  ]);
  return columns([head, ...rows]);
}

/** How long a run took, or has taken so far, in ms. */
function tookMs({ created, state, updated }: RunRecord): number {
  return msBetween(created.getTime(), state === 'processing' ? Date.now() : updated.getTime());
}

function isWanted(record: RunRecord, { plan, outcome, state }: TasksOptions): boolean {
  return (
    (plan === undefined || record.plan === plan) &&
    (outcome === undefined || recordedOutcomeWord(record) === outcome) &&
    (state === undefined || stateWord(record) === state)
  );
}
