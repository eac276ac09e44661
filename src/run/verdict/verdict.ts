import type { GroupSpec, PlanRef } from '../../plan/run-spec.ts';
import { compareWithExpected, type Judgement } from './expected.ts';
import type { ObservationStore, Observations } from './observations.ts';
import { type InstanceOutcome, type Outcome, runOutcomes, worstOutcome } from './outcome.ts';
import type { GroupVerdict, InstanceVerdict } from './result.ts';

/** What a run amounts to, from the facts alone. The verdict is never kinder than they are. */
export interface Verdicts {
  readonly outcome: Outcome;
  readonly counts: GroupVerdict['counts'];
  readonly groups: readonly GroupVerdict[];
}

/** A run, as far as a verdict needs to know it. */
interface JudgedRun {
  readonly plan: Pick<PlanRef, 'sdk'>;
  readonly groups: readonly Pick<GroupSpec, 'id' | 'instances' | 'expect'>[];
}

/**
 * Judges every instance, every group and the run.
 * @param dependsOnSdk the groups whose artifact depends on an SDK.
 * @param refused whether the run was ended for what it asked for or wrote: it has failed, however its instances fared.
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

/** One plan, one way to report: where one instance of a group uses an SDK, the silence of another says something. */
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

/** The verdict on one instance of which success is expected. */
export function judgeInstance(facts: Observations, sdkExpected: boolean): Judgement {
  if (facts.neverStarted !== undefined) return judgeNeverStarted(facts, facts.neverStarted);
  if (facts.givenUp !== undefined) return judgeGivenUp(facts, facts.givenUp);
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
    const said = facts.succeeded ? 'said success' : 'exited with status 0';
    return { outcome: 'incomplete', reason: `${said}, but its output is incomplete: ${facts.outputProblem}` };
  }
  if (facts.succeeded) return { outcome: 'success', reason: 'said success and exited with status 0' };
  if (!sdkExpected) return { outcome: 'success', reason: 'exited with status 0 (the plan uses no SDK)' };
  return { outcome: 'incomplete', reason: 'exited with status 0 and said neither success nor failure' };
}

function judgeNeverStarted({ ending }: Observations, reason: string): Judgement {
  if (ending === 'canceled') return { outcome: 'canceled', reason };
  return { outcome: 'never-started', reason };
}

/**
 * One whose waits were answered with an error: what it made of that is not its failure, and no success either (sdk-js takes
 * such an answer for a barrier that is met).
 */
function judgeGivenUp({ firstFailure, firstCrash, ...facts }: Observations, why: string): Judgement {
  const said = firstFailure ?? firstCrash?.split('\n')[0] ?? (facts.succeeded ? 'success' : undefined);
  const how =
    facts.ending !== 'by-itself'
      ? 'and was ended'
      : facts.signal === null
        ? `and exited with status ${facts.code}`
        : `and was killed by ${facts.signal}`;
  const words =
    said === undefined ? how : said.includes(why) ? `${how}; it said so itself` : `${how}; it said: ${said}`;
  return { outcome: 'aborted', reason: `waited when the run was given up (${why}), ${words}` };
}

/** One that was started by hand, and of which nothing but its words is known. */
function judgeUnseenEnd({ succeeded, outputProblem }: Observations): Judgement {
  if (outputProblem !== undefined)
    return { outcome: 'incomplete', reason: `its output is incomplete: ${outputProblem}` };
  if (succeeded)
    return { outcome: 'success', reason: 'said success; started by hand, its exit status was not seen' };
  return {
    outcome: 'incomplete',
    reason: 'started by hand: it said nothing, and its exit status was not seen',
  };
}

function judgeExit(facts: Observations): Judgement {
  const said = facts.succeeded ? 'said success, then exited' : 'exited';
  return { outcome: 'failed', reason: `${said} with status ${facts.code}${stderrOf(facts)}${lossOf(facts)}` };
}

/** An instance that tg had to end. */
function judgeEnded(facts: Observations): Judgement {
  const stood = standing(facts);
  switch (facts.ending) {
    case 'timeout':
      return { outcome: 'timed-out', reason: `still running at the timeout${stood}` };
    case 'store-lost':
      return { outcome: 'aborted', reason: `ended because the sync store went away${stood}` };
    case 'launcher-lost':
      return {
        outcome: 'aborted',
        reason: `how it ended is not known: the process of tg that starts the instances was lost${stood}`,
      };
    case 'refused':
      return { outcome: 'aborted', reason: `ended because the run was refused what it asked for${stood}` };
    case 'given-up':
      return { outcome: 'aborted', reason: `ended because the run was given up${stood}` };
    case 'disk-full':
      return { outcome: 'aborted', reason: `ended because the disk is full${stood}` };
    case 'max-output':
      return { outcome: 'aborted', reason: `ended because the run wrote more than --max-output${stood}` };
    case 'no-longer-needed':
      return { outcome: 'canceled', reason: `still running when all others had ended${stood}` };
    default:
      return { outcome: 'canceled', reason: `ended before it was done${stood}` };
  }
}

/** Where an instance stood: what it waited for and its last output. */
function standing({ succeeded, suspended, waitingFor, lastWords }: Observations): string {
  const parts = [
    succeeded ? 'had said success' : undefined,
    suspended ? 'it was stopped (SIGSTOP)' : undefined,
    waitingFor,
    lastWords === undefined ? undefined : `last output: ${lastWords}`,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? '; it had said nothing' : `; ${parts.join('; ')}`;
}

function lossOf({ outputProblem }: Observations): string {
  return outputProblem === undefined ? '' : `; its output is incomplete: ${outputProblem}`;
}

/** Who may have sent a SIGKILL that tg did not send. */
function killerOf({ signal, oomKills }: Observations): string {
  if (signal !== 'SIGKILL') return '';
  return oomKills === 0
    ? ', which tg did not send'
    : `, possibly out of memory: the kernel has killed ${oomKills} process${oomKills === 1 ? '' : 'es'} for lack of memory since the run began`;
}

function stderrOf({ errorWords }: Observations): string {
  return errorWords === undefined ? '' : `; stderr says: ${errorWords}`;
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
