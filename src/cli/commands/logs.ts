import { join } from 'node:path';
import { type Notice, readHistory, unreadable } from '../../history/events.ts';
import { followRun } from '../../history/follow.ts';
import { instancesOf } from '../../history/instances.ts';
import { linesOf } from '../../history/lines.ts';
import { type RunRecord, readRecord } from '../../history/record.ts';
import { readRunResult, recordedResult } from '../../history/result.ts';
import { selectRun } from '../../history/select-runs.ts';
import { homeOf } from '../../os/home.ts';
import { runFiles } from '../../outputs/layout.ts';
import { type InstanceId, instanceTag } from '../../plan/instance-id.ts';
import { culpritsIn } from '../../run/causes/rank-causes.ts';
import type { RunResult } from '../../run/verdict/result.ts';
import { asTyped, commandName } from '../../util/command-name.ts';
import { codeOf, TgError } from '../../util/errors.ts';
import { type ExitCode, exitCodes } from '../../util/exit-codes.ts';
import { wholeLog } from '../output/detail.ts';
import { type Output, openOutput } from '../output/open-output.ts';
import { sayAside } from '../output/say.ts';
import { stdoutGone } from '../output/stream-errors.ts';
import { note, warn } from '../output/warn.ts';
import { watchSignals } from '../signals.ts';

export interface LogsOptions {
  readonly task?: string;
  readonly follow?: boolean;
  readonly instance?: readonly string[];
  /** Whether to print only the instances that did not pass for a reason of their own. */
  readonly failed?: boolean;
}

/** What to print, where, and until when. */
interface Showing {
  readonly record: RunRecord;
  readonly instances: readonly InstanceId[];
  readonly output: Output;
  /** Aborts at a signal, or when the reader of stdout has gone. */
  readonly end: AbortSignal;
  readonly onUnread: (problem: TgError) => void;
}

/**
 * `tg logs [run] [-f]`: prints the log of a run from its outputs; with `-f`, follows it until the run ends. Files
 * that cannot be read are reported, and the others are printed.
 */
export async function logs(asked: string | undefined, options: LogsOptions): Promise<ExitCode> {
  const record = await selectRun(homeOf(process.env), options.task ?? asked, note);
  const chosen = instancesOf(record, options.instance ?? []);
  const instances = options.failed ? failedOf(record, chosen) : chosen;
  using interrupts = watchSignals();
  using output = await openOutput({ detail: wholeLog, messagesToStderr: false });
  const end = AbortSignal.any([interrupts.cancel, stdoutGone]);
  let code: ExitCode = exitCodes.success;
  const onUnread = (problem: TgError) => {
    code = exitCodes.collectFailed;
    sayAside(`error: ${problem.describe()}\n`);
  };
  const showing = { record, instances, output, end, onUnread };
  if (options.follow && record.state === 'processing') await follow(showing);
  else await show(showing);
  const result = resultOf(record.dir);
  printEnd(result, instances, output);
  printHint(result, instances, output);
  return interrupts.exitCode() ?? code;
}

/**
 * Those of some instances that did not pass for a reason of their own.
 * @throws TgError (usage) if the run is not judged yet, or if there are none.
 */
function failedOf(record: RunRecord, instances: readonly InstanceId[]): readonly InstanceId[] {
  const result = recordedResult(record);
  if (result === undefined)
    throw new TgError('usage', `the run ${record.runId} is ${record.state}: it has no verdicts`, {
      where: '--failed',
      hint: `${asTyped(`why ${record.runId}`)} explains what it is doing, or did last.`,
    });
  const culprits = new Set(culpritsIn(result).map(instanceTag));
  const failed = instances.filter((instance) => culprits.has(instanceTag(instance)));
  // As the last step in CI: that nothing failed is no error.
  if (failed.length === 0) note('none of these instances failed');
  return failed;
}

/** Prints how to see the lines of the instances that failed alone, if other lines are around them. */
function printHint(
  result: RunResult | undefined,
  printed: readonly InstanceId[],
  { reporter, format }: Output,
): void {
  const culprits = result === undefined || commandName() === 'testground' ? [] : culpritsIn(result);
  if (culprits.length === 0 || printed.length <= culprits.length || result === undefined) return;
  const hint = asTyped(`logs ${result.run_id} --failed`);
  reporter.print(format.log('INFO', `only what failed: ${hint}`));
}

async function follow({ record, instances, output, end, onUnread }: Showing): Promise<void> {
  const { reporter, format, sink } = output;
  await followRun(record.dir, instances, {
    onLine: (line) => reporter.onEvent(line),
    onNotice: noticePrinterFor(output),
    onUnread,
    pace: () => sink.ready(),
    signal: end,
  });
  const { state, unseenOwner } = (await readRecord(record.dir)) ?? record;
  if (state === 'unknown')
    reporter.print(format.log('WARN', `the state of the run is unknown: its owner is ${unseenOwner}`));
}

async function show({ record, instances, output, end, onUnread }: Showing): Promise<void> {
  const history = await readHistory(record.dir);
  const { notices } = history;
  const printNotice = noticePrinterFor(output);
  let next = 0;
  for await (const line of linesOf(record.dir, instances, history, onUnread)) {
    for (let first = notices[next]; first !== undefined && first.at <= line.at; first = notices[++next])
      printNotice(first);
    output.reporter.onEvent(line);
    await output.sink.ready();
    if (end.aborted) return;
  }
  notices.slice(next).forEach(printNotice);
}

function noticePrinterFor({ reporter, format }: Output): (notice: Notice) => void {
  return ({ at, level, text, fields }) => reporter.print(format.log(level, text, fields, at));
}

/** Prints the verdicts on instances that did not report an outcome, and the error that kept the run from starting. */
function printEnd(
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

/** Undefined if there is no readable result. */
function resultOf(dir: string): RunResult | undefined {
  try {
    return readRunResult(dir);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT')
      warn(`the verdicts are missing: ${unreadable(join(dir, runFiles.result), error).describe()}`);
    return undefined;
  }
}
