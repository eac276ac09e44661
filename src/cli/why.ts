import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { findRecord, type RunRecord } from '../history/record.ts';
import { readWhy, type Why } from '../history/why.ts';
import { homeOf } from '../home.ts';
import { roughly, standingLines } from '../run/standing-words.ts';
import { harmless, timestamp } from './output/lines.ts';
import { failuresIn } from './status.ts';

export interface WhyOptions {
  readonly task?: string;
  readonly json?: boolean;
}

/** `tg why [run]`: why a run hangs, or did not pass. */
export async function why(asked: string | undefined, options: WhyOptions): Promise<ExitCode> {
  const record = await findRecord(homeOf(process.env), options.task ?? asked);
  const its = await readWhy(record.dir);
  process.stdout.write(options.json ? asJson(record, its) : harmless(asText(record, its)));
  return exitCodes.success;
}

function asText(record: RunRecord, { stalled, givenUp, stopped }: Why): string {
  const { runId, plan, state, outcome, error } = record;
  const failed = failuresIn(record.result);
  const lines = [
    `run ${runId} of ${plan}:${record.case}: ${state}, outcome ${outcome}`,
    ...(givenUp === undefined ? [] : [`it was given up: ${givenUp}`]),
    ...(stopped === undefined ? [] : [`it was ended: ${stopped}`]),
    ...(error === '' || error === stopped || error === givenUp ? [] : [error]),
    ...(stalled === undefined ? [] : ['', ...stallText(stalled)]),
    ...(failed.length === 0
      ? []
      : ['', 'instances that did not pass:', ...failed.map((words) => `  ${words}`)]),
  ];
  if (lines.length === 1) lines.push(nothingToTell(record));
  return `${lines.join('\n')}\n`;
}

function stallText({ at, forMs, standing }: NonNullable<Why['stalled']>): string[] {
  const when = timestamp(at.getTime()).slice(0, -7);
  return [
    `at ${when} nothing had moved for ${roughly(forMs)}, and it stood so:`,
    ...standingLines(standing).map((line) => `  ${line}`),
  ];
}

function nothingToTell({ state }: RunRecord): string {
  if (state === 'processing')
    return 'it goes on: something has moved within the last second, whenever it was looked at';
  if (state === 'interrupted') return 'tg itself was ended while it ran; nothing had stood still before';
  return 'every instance passed, and nothing stood still for a second';
}

function asJson(
  { runId, state, outcome, error, result }: RunRecord,
  { stalled, givenUp, stopped }: Why,
): string {
  const its = {
    version: 1,
    run_id: runId,
    state,
    outcome,
    error,
    given_up: givenUp ?? null,
    stopped: stopped ?? null,
    stalled:
      stalled === undefined
        ? null
        : { at: stalled.at.toISOString(), for_ms: stalled.forMs, standing: stalled.standing },
    not_passed: failuresIn(result),
  };
  return `${JSON.stringify(its, null, 2)}\n`;
}
