import type { EndedRun } from '../run/verdict/conclude.ts';
import { lackedSomething, type RunResult } from '../run/verdict/result.ts';
import { TgError } from '../util/errors.ts';
import { type ExitCode, exitCodeOf, exitCodes, worstCode } from '../util/exit-codes.ts';

/** How one run ended, as far as the exit code depends on it. */
type Ending = 'passed' | 'failed' | 'unknown' | 'timed-out' | 'canceled' | 'lacked-something';

/** Everything that the exit code of a command that executes runs depends on. */
export class CommandFacts {
  readonly endings = new Set<Ending>();
  /** The exit codes of outputs that could not be collected: that of a signal, if one had come by then. */
  readonly collectCodes: ExitCode[] = [];
  /** Whether a record of a run, or a report, is incomplete or missing. */
  recordsIncomplete = false;
  reportsFailed = false;
  /** Why a run could not begin; undefined if there was no problem. */
  problem: unknown;
  /** Whether the command was canceled before its last run had begun. */
  isCutShort = false;

  addRun({ result, recordProblem }: EndedRun): void {
    this.endings.add(endingOf(result));
    this.recordsIncomplete ||= recordProblem !== undefined;
  }
}

function endingOf(result: RunResult): Ending {
  const { outcome, stopped } = result;
  if (lackedSomething(result)) return 'lacked-something';
  if (stopped?.ending === 'canceled') return 'canceled';
  if (outcome === 'success') return 'passed';
  if (stopped?.ending === 'timeout') return 'timed-out';
  return outcome === 'unknown' ? 'unknown' : 'failed';
}

const codeOfEnding: Readonly<Record<Exclude<Ending, 'canceled'>, ExitCode>> = {
  passed: exitCodes.success,
  failed: exitCodes.runFailed,
  unknown: exitCodes.unknown,
  'timed-out': exitCodes.timedOut,
  'lacked-something': exitCodes.environment,
};

/**
 * Decides the exit code of a command that executes runs: the worst of what happened (docs/cli.md, "Exit codes").
 * @param signal the exit code for the signal that ended the command; undefined if none did. A run or a report that a
 *   signal ended is an outcome, not an error.
 */
export function decideExitCode(
  { endings, collectCodes, recordsIncomplete, reportsFailed, problem, isCutShort }: CommandFacts,
  signal: ExitCode | undefined,
): ExitCode {
  const runs = [...endings].map((ending) =>
    ending === 'canceled' ? (signal ?? exitCodes.interrupted) : codeOfEnding[ending],
  );
  const others: ExitCode[] = [...collectCodes];
  if (recordsIncomplete) others.push(exitCodes.environment);
  if (reportsFailed) others.push(signal ?? exitCodes.environment);
  if (problem !== undefined)
    others.push(signal !== undefined && problem instanceof TgError ? signal : exitCodeOf(problem));
  else if (isCutShort) others.push(signal ?? exitCodes.success);
  return worstCode([...runs, ...others]);
}
