import type { FaultKind } from '../../plan/fault/fault.ts';
import type { Judgement } from './expected.ts';
import type { Observations } from './observations.ts';

/** The verdict on one instance that is expected to succeed. */
export function judgeInstance(facts: Observations, sdkExpected: boolean): Judgement {
  if (facts.neverStarted !== undefined) return judgeNeverStarted(facts, facts.neverStarted);
  if (facts.abandonReason !== undefined) return judgeAbandoned(facts, facts.abandonReason);
  if (facts.crashes > 0)
    return { outcome: 'crashed', reason: `${facts.firstCrash ?? ''}${more(facts.crashes)}` };
  if (facts.failures > 0)
    return { outcome: 'failed', reason: `${facts.firstFailure ?? ''}${more(facts.failures)}` };
  if (facts.ending !== 'by-itself') return judgeEnded(facts);
  if (facts.endedBy !== undefined && isEndOfFault(facts, facts.endedBy.kind))
    return judgeFaulted(facts, facts.endedBy.text);
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

/** The exit status of a shell whose program SIGTERM has ended, and of programs that do as shells do. */
const endedBySigterm = 143;

/** Whether an instance has ended as a fault ends instances. Any other end is its own, whatever the fault did. */
function isEndOfFault({ code, signal, succeeded }: Observations, kind: FaultKind): boolean {
  if (kind !== 'stop') return signal === 'SIGKILL';
  // Success that it has reported counts as such.
  if (code === 0) return !succeeded;
  return code === endedBySigterm || signal === 'SIGTERM' || signal === 'SIGKILL';
}

function judgeFaulted({ outputProblem }: Observations, fault: string): Judgement {
  if (outputProblem === undefined) return { outcome: 'faulted', reason: `ended by a fault: ${fault}` };
  return {
    outcome: 'incomplete',
    reason: `ended by a fault (${fault}), but its output is incomplete: ${outputProblem}`,
  };
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
function stateAtEnd(facts: Observations): string {
  const { succeeded, suspended, endedBy, pausedBy, waitingFor, lastOutput } = facts;
  const parts = [
    succeeded ? 'had reported success' : undefined,
    endedBy &&
      `a fault ${endedBy.kind === 'restart' ? 'had taken it down' : 'was ending it'} (${endedBy.text})`,
    suspended
      ? pausedBy === undefined
        ? 'it was stopped (SIGSTOP)'
        : `a fault had paused it (${pausedBy})`
      : undefined,
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
