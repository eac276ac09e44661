import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { givingWay } from '../give-way.ts';
import { linesOf, readStory, type Told } from '../history/events.ts';
import { followRun } from '../history/follow.ts';
import { instancesOf } from '../history/instances.ts';
import { findRecordOrFolder } from '../history/record.ts';
import { homeOf } from '../home.ts';
import { parseRecord } from '../outputs/journal.ts';
import { runFiles } from '../outputs/layout.ts';
import { type InstanceId, instanceTag } from '../run/instance-id.ts';
import { type RunResult, resultSchema } from '../run/result.ts';
import { type Output, openOutput } from './output/open.ts';
import { watchSignals } from './signals.ts';

export interface LogsOptions {
  readonly task?: string;
  readonly follow?: boolean;
  readonly instance?: readonly string[];
}

/** `tg logs [run] [-f]`: what a run said, from its outputs; with `-f` also what it says until its end. */
export async function logs(asked: string | undefined, options: LogsOptions): Promise<ExitCode> {
  const record = await findRecordOrFolder(homeOf(process.env), options.task ?? asked);
  const instances = instancesOf(record, options.instance ?? []);
  using interrupts = watchSignals();
  using output = await openOutput({ quiet: false, wordsToStderr: false });
  const { reporter, format, sink } = output;
  const tell = ({ at, level, text, fields }: Told) => reporter.print(format.log(level, text, fields, at));
  if (options.follow && record.state === 'processing') {
    await followRun(record.dir, instances, {
      onLine: (line) => reporter.onEvent(line),
      onTold: tell,
      pace: () => sink.ready(),
      signal: interrupts.cancel,
    });
    tellEnd(await resultIn(record.dir), instances, output);
    return interrupts.exitCode() ?? exitCodes.success;
  }
  const story = await readStory(record.dir);
  const told = [...story.told];
  const giveWay = givingWay();
  for await (const line of linesOf(record.dir, instances, story)) {
    while (told[0] !== undefined && told[0].at <= line.at) tell(told.shift() as Told);
    reporter.onEvent(line);
    await (sink.ready() ?? giveWay());
    if (interrupts.cancel.aborted) break;
  }
  told.forEach(tell);
  tellEnd(await resultIn(record.dir), instances, output);
  return interrupts.exitCode() ?? exitCodes.success;
}

/** The verdicts on those that have not said themselves how they ended, and what kept the run from its beginning. */
function tellEnd(
  result: RunResult | undefined,
  wanted: readonly InstanceId[],
  { reporter, format }: Output,
): void {
  if (result === undefined) return;
  if (result.error !== null)
    reporter.print(format.log('ERROR', result.error, undefined, Date.parse(result.ended)));
  const tags = new Set(wanted.map(instanceTag));
  const groups = result.groups.map((group) => ({
    ...group,
    instances: group.instances.filter((verdict) => tags.has(instanceTag(verdict))),
  }));
  reporter.onEvent({ type: 'run-ended', result: { ...result, groups } });
}

async function resultIn(dir: string): Promise<RunResult | undefined> {
  // Torn where the disk was full.
  const text = await readFile(join(dir, runFiles.result), 'utf8').catch(() => '');
  return resultSchema.safeParse(parseRecord(text)).data;
}
