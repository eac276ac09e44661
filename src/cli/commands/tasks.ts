import { listRecords, type RunRecord } from '../../history/record.ts';
import { msBetween } from '../../os/clock.ts';
import { homeOf } from '../../os/home.ts';
import { type ExitCode, exitCodes } from '../../util/exit-codes.ts';
import { formatDuration } from '../../values/go-duration.ts';
import { recordedOutcomeWord, stateWord } from '../flags/called-as.ts';
import { columns } from '../output/columns.ts';
import { recordAsJson } from '../output/json/record-json.ts';
import { printJson, say } from '../output/say.ts';
import { goTime } from './status.ts';

export interface TasksOptions {
  readonly plan?: string;
  readonly outcome?: string;
  readonly state?: string;
  readonly limit?: number;
  readonly json?: boolean;
}

/** `tg tasks`: lists the runs of this home, newest first. */
export async function tasks({
  limit = Number.POSITIVE_INFINITY,
  ...options
}: TasksOptions): Promise<ExitCode> {
  const records: RunRecord[] = [];
  for await (const record of listRecords(homeOf(process.env))) {
    if (records.length >= limit) break;
    if (isWanted(record, options)) records.push(record);
  }
  if (options.json) {
    printJson(records.map((record) => `${JSON.stringify(recordAsJson(record))}\n`).join(''));
    return exitCodes.success;
  }
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
    formatDuration(
      msBetween(
        record.created.getTime(),
        record.state === 'processing' ? Date.now() : record.updated.getTime(),
      ),
    ),
    stateWord(record),
    'run',
    recordedOutcomeWord(record),
    String(record.instances),
    record.name,
  ]);
  say(`\n>>> Result:\n\n${columns([head, ...rows])}`);
  return exitCodes.success;
}

function isWanted(record: RunRecord, { plan, outcome, state }: TasksOptions): boolean {
  return (
    (plan === undefined || record.plan === plan) &&
    (outcome === undefined || recordedOutcomeWord(record) === outcome) &&
    (state === undefined || stateWord(record) === state)
  );
}
