import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CommandFacts, decideExitCode } from '../../src/cli/exit-code.ts';
import type { RunResult } from '../../src/run/verdict/result.ts';
import { TgError } from '../../src/util/errors.ts';
import { exitCodes } from '../../src/util/exit-codes.ts';

type Stopped = RunResult['stopped'];

function factsOf(
  runs: readonly (readonly [RunResult['outcome'], Stopped?])[],
  more: Partial<CommandFacts> = {},
) {
  const facts = new CommandFacts();
  for (const [outcome, stopped = null] of runs) {
    const result = { outcome, stopped } as RunResult;
    facts.addRun({ result, recordProblem: undefined, artifacts: new Map() });
  }
  return Object.assign(facts, more);
}

const stopped = (ending: NonNullable<Stopped>['ending']): Stopped => ({ ending, why: 'w' });

test.each<[string, Parameters<typeof factsOf>[0], number]>([
  ['no run', [], 0],
  ['one passed', [['success']], 0],
  ['one failed', [['failure']], 1],
  ['one failed and was ended by its timeout', [['failure', stopped('timeout')]], 7],
  ['the outcome of one is unknown', [['unknown']], 6],
  ['the library canceled one, without a signal', [['canceled', stopped('canceled')]], 130],
  ['one lost its sync store', [['failure', stopped('store-lost')]], 5],
  ['one lost its runner', [['failure', stopped('runner-lost')]], 5],
  ['one passed although the disk was full', [['success', stopped('disk-full')]], 5],
  ['one passed, one failed, one timed out', [['success'], ['failure'], ['failure', stopped('timeout')]], 1],
])('decides the exit code by the outcomes of runs: %s', (_, runs, code) => {
  expect(decideExitCode(factsOf(runs), undefined)).toBe(code);
});

describe('other facts that decide the exit code', () => {
  const problem = new TgError('build', 'it does not compile');

  test.each<[string, Partial<CommandFacts>, number]>([
    ['a run could not begin', { problem }, 4],
    ['a bug', { problem: new Error('x') }, 70],
    ['records are incomplete', { recordsIncomplete: true }, 5],
    ['a report was not written', { reportsFailed: true }, 5],
    ['outputs could not be collected', { collectCodes: [exitCodes.collectFailed] }, 3],
    ['canceled before the last run, without a signal', { isCutShort: true }, 0],
  ])('%s', (_, facts, code) => {
    expect(decideExitCode(factsOf([['success']], facts), undefined)).toBe(code);
  });

  test('a signal decides over errors and missing reports that it caused, but not over a bug', () => {
    const { interrupted } = exitCodes;
    const ends = [{ problem }, { reportsFailed: true }, { isCutShort: true }];
    for (const facts of ends) expect(decideExitCode(factsOf([], facts), interrupted)).toBe(interrupted);
    expect(decideExitCode(factsOf([['canceled', stopped('canceled')]]), exitCodes.terminated)).toBe(143);
    expect(decideExitCode(factsOf([], { problem: new Error('x') }), interrupted)).toBe(70);
  });

  test('property: nothing but a bug hides a failed run: no other run, error, missing record or report, and no signal', () => {
    const others = fc.array(
      fc.constantFrom<Parameters<typeof factsOf>[0][number]>(
        ['success'],
        ['unknown'],
        ['canceled', stopped('canceled')],
        ['failure', stopped('timeout')],
        ['failure', stopped('store-lost')],
      ),
      { maxLength: 3 },
    );
    const more = fc.record({
      recordsIncomplete: fc.boolean(),
      reportsFailed: fc.boolean(),
      isCutShort: fc.boolean(),
      collectCodes: fc.subarray([exitCodes.collectFailed, exitCodes.interrupted]),
      problem: fc.constantFrom(undefined, problem),
    });
    const signal = fc.constantFrom(undefined, exitCodes.interrupted, exitCodes.terminated);
    fc.assert(
      fc.property(others, others, more, signal, (before, after, facts, given) => {
        expect(decideExitCode(factsOf([...before, ['failure'], ...after], facts), given)).toBe(1);
        const buggy = { ...facts, problem: new Error('x') };
        expect(decideExitCode(factsOf([...before, ['failure'], ...after], buggy), given)).toBe(70);
      }),
    );
  });
});
