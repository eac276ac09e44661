import type { GroupSpec, PlanRef } from '../../plan/run-spec.ts';
import { compareWithExpected, type Judgement } from './expected.ts';
import type { ObservationStore, Observations } from './observations.ts';
import { type InstanceOutcome, type Outcome, runOutcomes, worstOutcome } from './outcomes.ts';
import type { GroupVerdict, InstanceVerdict } from './result.ts';

/** The verdict on a run, from the observations alone. It is never more lenient than they allow. */
export interface Verdicts {
  readonly outcome: Outcome;
  readonly counts: GroupVerdict['counts'];
  readonly groups: readonly GroupVerdict[];
}

/** The parts of a run that a verdict depends on. */
interface JudgedRun {
  readonly plan: Pick<PlanRef, 'sdk'>;
  readonly groups: readonly Pick<GroupSpec, 'id' | 'instances' | 'expect'>[];
}

/**
 * Judges every instance, every group and the run.
 * @param dependsOnSdk the groups whose artifact depends on an SDK.
 * @param refused whether tg stopped the run because of a request or of its output; the run then fails, whatever its
 *   instances' outcomes.
 */
export function judgeRun(
  spec: JudgedRun,
  facts: ObservationStore,
  dependsOnSdk: ReadonlySet<string>,
  refused = false,
): Verdicts {
  const groups = spec.groups.map((group): GroupVerdict => {
    const { id, instances, expect } = group;
    const all = Array.from({ length: instances }, (_, index) => facts.of({ group: id, index }));
    const sdk = isSdkExpected(spec, group, facts, dependsOnSdk);
    const verdicts = all.map((seen): InstanceVerdict => {
      const verdict = compareWithExpected(expect, seen, judgeInstance(seen, sdk));
      return { ...seen.instance, ...verdict };
    });
    const counts = countOutcomes(verdicts);
    return { id, outcome: outcomeOf(counts), expect, total: instances, counts, instances: verdicts };
  });
  const counts = countOutcomes(groups.flatMap((group) => group.instances));
  return { outcome: refused ? 'failure' : outcomeOf(counts), counts, groups };
}

/**
 * Whether instances of a group must report success through an SDK. They must once any instance of the group uses
 * one: all instances of a plan report in the same way.
 */
export function isSdkExpected(
  { plan }: Pick<JudgedRun, 'plan'>,
  { id: group, instances }: Pick<GroupSpec, 'id' | 'instances'>,
  facts: ObservationStore,
  dependsOnSdk: ReadonlySet<string>,
): boolean {
  if (plan.sdk !== undefined) return plan.sdk;
  if (dependsOnSdk.has(group)) return true;
  for (let index = 0; index < instances; index++) if (facts.of({ group, index }).sdkSeen) return true;
  return false;
}

/** The verdict on one instance that is expected to succeed. */
export function judgeInstance(facts: Observations, sdkExpected: boolean): Judgement {
  if (facts.neverStarted !== undefined) return judgeNeverStarted(facts, facts.neverStarted);
  if (facts.abandonReason !== undefined) return judgeAbandoned(facts, facts.abandonReason);
  if (facts.crashes > 0)
    return { outcome: 'crashed', reason: `${facts.firstCrash ?? ''}${more(facts.crashes)}` };
  if (facts.failures > 0)
    return { outcome: 'failed', reason: `${facts.firstFailure ?? ''}${more(facts.failures)}` };
  if (facts.ending !== 'by-itself') return judgeEnded(facts);
  if (facts.signal !== null) {
    const reason = `killed by ${facts.signal}${killerOf(facts)}${stderrOf(facts)}${lossOf(facts)}`;
    return { outcome: 'crashed', reason };
  }
  if (facts.code === null) return judgeUnseenEnd(facts);
  if (facts.code !== 0) return judgeExit(facts);
  if (facts.outputProblem !== undefined) {
    const said = facts.succeeded ? 'reported success' : 'exited with status 0';
    return { outcome: 'incomplete', reason: `${said}, but its output is incomplete: ${facts.outputProblem}` };
  }
  if (facts.succeeded) return { outcome: 'success', reason: 'reported success and exited with status 0' };
  if (!sdkExpected) return { outcome: 'success', reason: 'exited with status 0 (the plan uses no SDK)' };
  return { outcome: 'incomplete', reason: 'exited with status 0 and reported neither success nor failure' };
}

function judgeNeverStarted({ ending }: Observations, reason: string): Judgement {
  if (ending === 'canceled') return { outcome: 'canceled', reason };
  return { outcome: 'never-started', reason };
}

/**
 * Judges an instance whose waits were aborted with an error. Its reaction counts neither as a failure nor as a
 * success: sdk-js takes such an error for a barrier that is met.
 */
function judgeAbandoned({ firstFailure, firstCrash, ...facts }: Observations, why: string): Judgement {
  const said = firstFailure ?? firstCrash?.split('\n')[0] ?? (facts.succeeded ? 'success' : undefined);
  const how =
    facts.ending !== 'by-itself'
      ? 'and was terminated'
      : facts.signal === null
        ? `and exited with status ${facts.code}`
        : `and was killed by ${facts.signal}`;
  const text =
    said === undefined ? how : said.includes(why) ? `${how}, reporting this` : `${how}, reporting: ${said}`;
  return { outcome: 'aborted', reason: `waiting when the run was abandoned (${why}), ${text}` };
}

/** Judges an instance of which only the output is known, not its exit status. */
function judgeUnseenEnd({ byHand, succeeded, outputProblem }: Observations): Judgement {
  if (outputProblem !== undefined)
    return { outcome: 'incomplete', reason: `its output is incomplete: ${outputProblem}` };
  if (!byHand) {
    const said = succeeded ? 'reported success, but its' : 'reported neither success nor failure, and its';
    return { outcome: 'incomplete', reason: `${said} exit status is unknown` };
  }
  if (succeeded)
    return { outcome: 'success', reason: 'reported success; exit status unknown: started by hand' };
  return {
    outcome: 'incomplete',
    reason: 'reported neither success nor failure; exit status unknown: started by hand',
  };
}

function judgeExit(facts: Observations): Judgement {
  const said = facts.succeeded ? 'reported success, then exited' : 'exited';
  return { outcome: 'failed', reason: `${said} with status ${facts.code}${stderrOf(facts)}${lossOf(facts)}` };
}

/** Judges an instance that tg ended. */
function judgeEnded(facts: Observations): Judgement {
  const stood = stateAtEnd(facts);
  switch (facts.ending) {
    case 'timeout':
      return { outcome: 'timed-out', reason: `still running at the timeout${stood}` };
    case 'store-lost':
      return { outcome: 'aborted', reason: `ended because the sync store went away${stood}` };
    case 'runner-lost':
      return {
        outcome: 'aborted',
        reason: `how it ended is unknown: the tg process that starts the instances was lost${stood}`,
      };
    case 'refused':
      return { outcome: 'aborted', reason: `ended because the sidecar refused a network setting${stood}` };
    case 'abandoned':
      return { outcome: 'aborted', reason: `ended because the run was abandoned${stood}` };
    case 'disk-full':
      return { outcome: 'aborted', reason: `ended because the disk is full${stood}` };
    case 'max-output':
      return { outcome: 'aborted', reason: `ended because the run wrote more than --max-output${stood}` };
    case 'no-longer-needed':
      return { outcome: 'canceled', reason: `still running when all others had ended${stood}` };
    default:
      return { outcome: 'canceled', reason: `ended before it had finished${stood}` };
  }
}

/** The state of an instance when it was ended: what it waited for, and its last output. */
function stateAtEnd({ succeeded, suspended, waitingFor, lastOutput }: Observations): string {
  const parts = [
    succeeded ? 'had reported success' : undefined,
    suspended ? 'it was stopped (SIGSTOP)' : undefined,
    waitingFor,
    lastOutput === undefined ? undefined : `last output: ${lastOutput}`,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? '; it had printed nothing' : `; ${parts.join('; ')}`;
}

function lossOf({ outputProblem }: Observations): string {
  return outputProblem === undefined ? '' : `; its output is incomplete: ${outputProblem}`;
}

/** The possible origin of a SIGKILL that tg did not send. */
function killerOf({ signal, oomKills }: Observations): string {
  if (signal !== 'SIGKILL') return '';
  return oomKills === 0
    ? ', which tg did not send'
    : `, possibly out of memory: the kernel has killed ${oomKills} process${oomKills === 1 ? '' : 'es'} for lack of memory since the run began`;
}

function stderrOf({ errorText }: Observations): string {
  return errorText === undefined ? '' : `; stderr: ${errorText}`;
}

function more(count: number): string {
  return count > 1 ? ` (and ${count - 1} more)` : '';
}

function countOutcomes(verdicts: readonly InstanceVerdict[]): GroupVerdict['counts'] {
  const counts: Partial<Record<InstanceOutcome, number>> = {};
  for (const { outcome } of verdicts) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

function outcomeOf(counts: GroupVerdict['counts']): Outcome {
  return worstOutcome((Object.keys(counts) as InstanceOutcome[]).map((outcome) => runOutcomes[outcome]));
}
