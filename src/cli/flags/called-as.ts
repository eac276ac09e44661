import type { RunRecord } from '../../history/record.ts';
import type { Outcome } from '../../run/verdict/outcomes.ts';
import { commandName } from '../../util/command-name.ts';

/** How unknown flags are handled: scripts that call `testground` pass some, and they are accepted there. */
export function unknownFlags(): 'refuse' | 'tell' {
  return commandName() === 'testground' ? 'tell' : 'refuse';
}

/** The state of a run, in the words of the name that tg was called by. */
export function stateWord({ state, outcome }: Pick<RunRecord, 'state' | 'outcome'>): string {
  return commandName() === 'testground' && state === 'complete' && outcome === 'error' ? 'canceled' : state;
}

/** Testground's names for outcomes that it does not have: there, a run with a silent instance has failed. */
const termsOfTestground: Partial<Record<Outcome, Outcome>> = { error: 'canceled', unknown: 'failure' };

/** The outcome of a finished run, in the words of the name that tg was called by. */
export function outcomeWord(outcome: Outcome): Outcome {
  return (commandName() === 'testground' ? termsOfTestground[outcome] : undefined) ?? outcome;
}

/** The recorded outcome of a run in the same words; without a result it is unknown under either name. */
export function recordedOutcomeWord({ result, outcome }: Pick<RunRecord, 'result' | 'outcome'>): Outcome {
  return result === undefined ? outcome : outcomeWord(outcome);
}
