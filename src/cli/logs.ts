import { join } from 'node:path';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { linesOf, readStory, type Told } from '../history/events.ts';
import { followRun } from '../history/follow.ts';
import { instancesOf } from '../history/instances.ts';
import { findRecordOrFolder, readRecord } from '../history/record.ts';
import { homeOf } from '../home.ts';
import { parseRecord } from '../outputs/journal.ts';
import { runFiles } from '../outputs/layout.ts';
import { readText } from '../outputs/untrusted-file.ts';
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
    const { state, unseenOwner } = (await readRecord(record.dir)) ?? record;
    if (state === 'unknown')
      reporter.print(format.log('WARN', `whether the run goes on is not known: its owner is ${unseenOwner}`));
    tellEnd(resultIn(record.dir), instances, output);
    return interrupts.exitCode() ?? exitCodes.success;
  }
  const story = await readStory(record.dir);
  const { told } = story;
  let next = 0;
  for await (const line of linesOf(record.dir, instances, story)) {
    for (let first = told[next]; first !== undefined && first.at <= line.at; first = told[++next])
      tell(first);
    reporter.onEvent(line);
    await sink.ready();
    if (interrupts.cancel.aborted) break;
  }
  told.slice(next).forEach(tell);
  tellEnd(resultIn(record.dir), instances, output);
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

/** Undefined where there is none, or none that can be read. */
function resultIn(dir: string): RunResult | undefined {
  try {
    return resultSchema.safeParse(parseRecord(readText(join(dir, runFiles.result)))).data;
  } catch {
    return undefined;
  }
}
