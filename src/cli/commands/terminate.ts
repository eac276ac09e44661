import { listRecords, type RunRecord } from '../../history/record.ts';
import { selectKeptRuns } from '../../history/select-runs.ts';
import { type Terminated, terminateRun } from '../../history/terminate.ts';
import { endLeftoversOf, isRunnerKnown } from '../../library/leftovers.ts';
import { type Home, homeOf } from '../../os/home.ts';
import { meaningsOfBuilder, meaningsOfRunner } from '../../plan/resolve/choices.ts';
import { runnerCatalog } from '../../runners/registry.ts';
import { RunKeys } from '../../sync/remove-run-keys.ts';
import { allOf, TgError } from '../../util/errors.ts';
import { type ExitCode, exitCodes } from '../../util/exit-codes.ts';
import { recordedOutcomeWord } from '../flags/called-as.ts';
import { say, sayAside } from '../output/say.ts';

export interface TerminateOptions {
  readonly task?: string;
  readonly all?: boolean;
  readonly runner?: string;
  readonly builder?: string;
  readonly force?: boolean;
}

/** `tg terminate [run…]`: stops active runs, and cleans up after interrupted ones. */
export async function terminate(asked: readonly string[], options: TerminateOptions): Promise<ExitCode> {
  const home = homeOf(process.env);
  const ids = [...asked, ...(options.task === undefined ? [] : [options.task])];
  const asks = await Promise.allSettled(ids.map((id) => activeOf(home, id)));
  const found = asks.flatMap((ask) => (ask.status === 'fulfilled' ? ask.value : []));
  const records = ids.length > 0 ? found : await chosen(home, options);
  using keys = new RunKeys(process.env['TG_REDIS_URL']);
  const done = await Promise.all(
    records.map(async (record) => ({ record, ...(await endRun(record, keys, options.force)) })),
  );
  for (const { record, how, text } of done) {
    if (how === 'left-alone') sayAside(`${record.runId}: ${text}\n`);
    else if (how === 'ended') say(`${record.runId}: ${text}\n`);
    else if (ids.length > 0) say(`${record.runId}: ${endedBefore(record)}\n`);
  }
  const ended = done.filter(({ how }) => how === 'ended').length;
  say(`all jobs terminated: ${ended} run${ended === 1 ? '' : 's'}\n`);
  // Unknown IDs are reported after the known runs were terminated.
  allOf(
    asks.map((ask) => () => {
      if (ask.status === 'rejected') throw ask.reason;
    }),
  );
  const leftAlone = done.some(({ how }) => how === 'left-alone');
  return leftAlone && ids.length > 0 ? exitCodes.environment : exitCodes.success;
}

/** The runs that a user names; of several, those that may still go on. */
async function activeOf(home: Home, asked: string): Promise<readonly RunRecord[]> {
  const runs = await selectKeptRuns(home, asked);
  return runs.length === 1 ? runs : runs.filter(mayGoOn);
}

function mayGoOn({ state }: RunRecord): boolean {
  return state === 'processing' || state === 'interrupted' || state === 'unknown';
}

async function endRun(record: RunRecord, keys: RunKeys, force: boolean | undefined): Promise<Terminated> {
  if (record.state !== 'processing' && !isRunnerKnown(record))
    return { how: 'left-alone', text: `left alone: this version of tg has no runner ${record.runner}` };
  return await terminateRun(record, { keys, endLeftovers: endLeftoversOf }, force);
}

function endedBefore(record: RunRecord): string {
  return record.state === 'processing' || record.state === 'unknown'
    ? 'nothing that it started can be seen from here'
    : `has ended already (${recordedOutcomeWord(record)})`;
}

/** All runs of a runner or builder that are active, possibly active, or interrupted. */
async function chosen(home: Home, { all, runner, builder }: TerminateOptions): Promise<RunRecord[]> {
  if (!all && runner === undefined && builder === undefined) {
    throw new TgError('usage', 'no run is given', {
      hint: 'Name the IDs of runs, or add --runner, --builder or --all.',
    });
  }
  const runners = runner === undefined ? undefined : meaningsOfRunner(runner, runnerCatalog);
  const builders = builder === undefined ? undefined : meaningsOfBuilder(builder);
  const records: RunRecord[] = [];
  for await (const record of listRecords(home)) {
    const fits = runners?.includes(record.runner) !== false;
    const built = builders === undefined || record.builders.some((id) => builders.includes(id));
    if (mayGoOn(record) && fits && built) records.push(record);
  }
  return records;
}
