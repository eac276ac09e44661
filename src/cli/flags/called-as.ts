import type { RunRecord } from '../../history/record.ts';
import type { Outcome } from '../../run/verdict/outcome.ts';
import { commandName } from '../../util/command-name.ts';

/** What becomes of flags that nobody knows: scripts that call `testground` give such, and it takes them. */
export function unknownFlags(): 'refuse' | 'tell' {
  return commandName() === 'testground' ? 'tell' : 'refuse';
}

/** How a run stands, in the same words. */
export function stateWord({ state, outcome }: Pick<RunRecord, 'state' | 'outcome'>): string {
  return commandName() === 'testground' && state === 'complete' && outcome === 'error' ? 'canceled' : state;
}

/** What Testground calls the outcomes that it does not know: a run in which an instance says nothing has failed there. */
const wordsOfTestground: Partial<Record<Outcome, Outcome>> = { error: 'canceled', unknown: 'failure' };

/** The outcome of a run that has ended, in the words of the name that tg was called by. */
export function outcomeWord(outcome: Outcome): Outcome {
  return (commandName() === 'testground' ? wordsOfTestground[outcome] : undefined) ?? outcome;
}

/** The outcome of any run in the same words: one without a result is unknown under every name. */
export function recordedOutcomeWord({ result, outcome }: Pick<RunRecord, 'result' | 'outcome'>): Outcome {
  return result === undefined ? outcome : outcomeWord(outcome);
}
