import type { JudgedGate } from '../../../metrics/comparison/judge-gates.ts';
import { type ExitCode, exitCodes, worstCode } from '../../../util/exit-codes.ts';
import { percent, percentRange } from '../../../values/percent.ts';
import { shortNumber } from '../../output/numbers.ts';
import { type ComparedPoint, gatesOf } from './comparison.ts';
import { pointName } from './points.ts';

/** One line for each judged gate at each point, and what to do about undecided ones; empty without gates. */
export function gateLines(
  points: readonly Pick<ComparedPoint, 'values' | 'gates'>[],
  sides: readonly { readonly name: string }[],
): string {
  const lines = points.flatMap(({ values, gates }) => {
    const name = pointName(values);
    const where = name === '' ? '' : ` at ${name}`;
    return gates.map(
      (judged) =>
        `${judged.outcome}: ${judged.gate.text} for ${sides[judged.side]?.name ?? ''}${where}: ${wordsOf(judged)}\n`,
    );
  });
  if (gatesOf({ points }).some(({ outcome }) => outcome === 'undecided'))
    lines.push(
      'Undecided gates do not pass (exit status 6). More runs of each side make intervals narrower: --repeat 10 --keep-passed.\n',
    );
  return lines.join('');
}

function wordsOf({ gate, measured, interval, of, reason }: JudgedGate): string {
  if (measured === null) return reason;
  const value = gate.isRelative ? percent(measured) : shortNumber(measured);
  if (interval === null) return `${value}; ${reason}`;
  const range = gate.isRelative
    ? percentRange(interval)
    : interval.map((end) => shortNumber(end, 4)).join('..');
  return `${value}, 95 % interval ${range} by ${of}s; ${reason}`;
}

/** The exit code: 1 if a gate has failed, 6 if one is undecided. */
export function exitCodeOfGates(gates: readonly JudgedGate[]): ExitCode {
  const codeOf = { passed: exitCodes.success, failed: exitCodes.runFailed, undecided: exitCodes.unknown };
  return worstCode(gates.map(({ outcome }) => codeOf[outcome]));
}
