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
  ['passed', [['success']], 0],
  ['failed', [['failure']], 1],
  ['failed before its timeout ended it', [['failure', stopped('timeout')]], 7],
  ['not all reported success', [['unknown']], 6],
  ['canceled without a signal: by the library', [['canceled', stopped('canceled')]], 130],
  ['its store was lost', [['failure', stopped('store-lost')]], 5],
  ['its runner was lost', [['failure', stopped('runner-lost')]], 5],
  ['its disk was full, although it passed', [['success', stopped('disk-full')]], 5],
  ['one passed, one failed, one timed out', [['success'], ['failure'], ['failure', stopped('timeout')]], 1],
])('%s', (_, runs, code) => {
  expect(decideExitCode(factsOf(runs), undefined)).toBe(code);
});

describe('besides the runs', () => {
  const problem = new TgError('build', 'it does not compile');

  test.each<[string, Partial<CommandFacts>, number]>([
    ['a run could not begin', { problem }, 4],
    ['a bug', { problem: new Error('x') }, 70],
    ['records are incomplete', { recordsIncomplete: true }, 5],
    ['a report was not written', { reportsFailed: true }, 5],
    ['outputs could not be collected', { collectCodes: [exitCodes.collectFailed] }, 3],
    ['cut short, without a signal', { isCutShort: true }, 0],
  ])('%s', (_, facts, code) => {
    expect(decideExitCode(factsOf([['success']], facts), undefined)).toBe(code);
  });

  test('what a signal ended is its outcome, not an error; a bug stays a bug', () => {
    const { interrupted } = exitCodes;
    const ends = [{ problem }, { reportsFailed: true }, { isCutShort: true }];
    for (const facts of ends) expect(decideExitCode(factsOf([], facts), interrupted)).toBe(interrupted);
    expect(decideExitCode(factsOf([['canceled', stopped('canceled')]]), exitCodes.terminated)).toBe(143);
    expect(decideExitCode(factsOf([], { problem: new Error('x') }), interrupted)).toBe(70);
  });

  test('property: nothing else hides a run that failed, but a bug', () => {
    const flags = fc.record({
      recordsIncomplete: fc.boolean(),
      reportsFailed: fc.boolean(),
      isCutShort: fc.boolean(),
    });
    const signal = fc.constantFrom(undefined, exitCodes.interrupted, exitCodes.terminated);
    fc.assert(
      fc.property(flags, signal, (facts, given) => {
        expect(decideExitCode(factsOf([['success'], ['failure']], facts), given)).toBe(1);
      }),
    );
  });
});
