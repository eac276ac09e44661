import { ownerLines, type RunRecord } from '../../history/record.ts';
import { machineOf, recordedResult } from '../../history/result.ts';
import { selectRun } from '../../history/select-runs.ts';
import { readWhy, type Why } from '../../history/why.ts';
import { msBetween } from '../../os/clock.ts';
import { homeOf } from '../../os/home.ts';
import { type Causes, noCauses } from '../../run/causes/cause.ts';
import { causeLines, indentedText } from '../../run/causes/cause-text.ts';
import { causesIn } from '../../run/causes/rank-causes.ts';
import { saturationText } from '../../run/machine/machine-summary.ts';
import { roundedDuration, snapshotLines } from '../../run/stall/stall-text.ts';
import { shortcomings } from '../../run/verdict/result.ts';
import { type ExitCode, exitCodes } from '../../util/exit-codes.ts';
import { recordedOutcomeWord } from '../flags/called-as.ts';
import type { WhyJson } from '../output/json/why-json.ts';
import { timestamp } from '../output/lines.ts';
import { printJson, say } from '../output/say.ts';
import { notAppliedLines } from '../output/series/results.ts';
import { note } from '../output/warn.ts';

/** How much is shown of the causes. */
const shown = { named: 10, detailed: 3, lines: 10 } as const;

type Stall = NonNullable<Why['stalled']>;

export interface WhyOptions {
  readonly task?: string;
  readonly json?: boolean;
}

/** `tg why [run]`: explains why a run hangs or did not pass. */
export async function why(asked: string | undefined, options: WhyOptions): Promise<ExitCode> {
  const record = await selectRun(homeOf(process.env), options.task ?? asked, note);
  const read = await readWhy(record.dir);
  const its = { ...read, machine: machineOf(record) ?? read.machine };
  if (options.json) printJson(asJson(record, its));
  else say(asText(record, its));
  return exitCodes.success;
}

function asText(record: RunRecord, { stalled, abandonReason, stopped, network, machine }: Why): string {
  const { runId, plan, state } = record;
  const result = recordedResult(record);
  const found = result === undefined ? noCauses : causesIn(result);
  const isInCause = found.causes.some(({ stall }) => stall !== null);
  const isUnexplained = stalled === undefined && found.causes.length === 0;
  const owner = ownerLines(record);
  // The reason comes first: a cause, else what ended the run, else the stall.
  const sections = [
    causeLines(found, shown).map(indentedText),
    [...(state === 'interrupted' ? owner : []), ...endedBy(found, stopped, abandonReason)],
    stalled === undefined || isInCause ? [] : stallText(stalled, record),
    isUnexplained ? [nothingToReport(record)] : [],
    state === 'interrupted' ? [] : owner,
    machineLines(machine),
    networkLines(network),
  ].filter((lines) => lines.length > 0);
  const head = `run ${runId} of ${plan}:${record.case}: ${state}, outcome ${recordedOutcomeWord(record)}`;
  return `${head}\n${sections.map((lines) => `${lines.join('\n')}\n`).join('\n')}`;
}

/** Whether the machine was saturated, so that times may be its own. */
function machineLines(machine: Why['machine']): string[] {
  const saturated = saturationText(machine);
  return saturated === undefined ? [] : [saturated, `  ${machine?.reason ?? ''}`];
}

function networkLines(network: Why['network']): string[] {
  if (network.not_as_asked === 0) return [];
  return [
    `not applied in ${network.not_as_asked} of ${network.configured} network configurations:`,
    ...notAppliedLines(network).map((text) => `  ${text}`),
  ];
}

/** What ended the run, unless a cause says so. */
function endedBy(
  { causes }: Causes,
  stopped: string | undefined,
  abandonReason: string | undefined,
): string[] {
  if (causes.some(({ kind }) => kind === 'stopped')) return [];
  if (stopped !== undefined && stopped !== abandonReason) return [`it was ended: ${stopped}`];
  // A cause names the instance that failed.
  return abandonReason === undefined || causes.length > 0 ? [] : [`it was abandoned: ${abandonReason}`];
}

/** Describes where the run is, or last was, stalled. */
function stallText({ at, forMs, snapshot, resumed }: Stall, { state, result }: RunRecord): string[] {
  const since = at.getTime() - forMs;
  const began = timestamp(since).slice(0, -7);
  const ended = resumed ?? (result === undefined ? undefined : new Date(String(result['ended'])));
  const head =
    resumed !== undefined
      ? `no progress for ${roundedDuration(msBetween(since, resumed.getTime()))} from ${began}, then it went on; the state was:`
      : state === 'processing'
        ? `no progress for ${roundedDuration(msBetween(since, Date.now()))}; the state is:`
        : `no progress from ${began}${ended === undefined ? '' : ` to its end, ${roundedDuration(msBetween(since, ended.getTime()))}`}; the state was:`;
  const until = resumed ?? (state === 'processing' ? new Date() : (ended ?? at));
  return [
    head,
    ...snapshotLines(laterBy(msBetween(at.getTime(), until.getTime()), snapshot)).map((line) => `  ${line}`),
  ];
}

/** Instances that waited at the last snapshot have been waiting since. */
function laterBy(ms: number, snapshot: Stall['snapshot']): Stall['snapshot'] {
  return { ...snapshot, waits: snapshot.waits.map((wait) => ({ ...wait, for_ms: wait.for_ms + ms })) };
}

function nothingToReport({ state }: RunRecord): string {
  if (state === 'processing')
    return 'it is active: whenever it was sampled, there was progress within the last second';
  if (state === 'interrupted' || state === 'unknown') return 'it had not stalled before';
  return 'every instance passed, and the run never stalled for a second';
}

function asJson(record: RunRecord, { stalled, abandonReason, stopped, network, machine }: Why): string {
  const { runId, state, outcome, error } = record;
  const result = recordedResult(record);
  const its: WhyJson = {
    version: 2,
    run_id: runId,
    state,
    outcome,
    error,
    abandoned: abandonReason ?? null,
    stopped: stopped ?? null,
    stalled:
      stalled === undefined
        ? null
        : {
            at: stalled.at.toISOString(),
            for_ms: stalled.forMs,
            resumed: stalled.resumed?.toISOString() ?? null,
            snapshot: stalled.snapshot,
          },
    not_passed: result === undefined ? [] : shortcomings(result),
    ...(result === undefined ? noCauses : causesIn(result)),
    not_applied: { ...network.not_applied },
    machine,
  };
  return `${JSON.stringify(its, null, 2)}\n`;
}
