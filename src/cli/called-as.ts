import type { RunRecord } from '../history/record.ts';
import type { Outcome } from '../run/outcome.ts';

let name: 'tg' | 'testground' = 'tg';

/** Remembers what tg was called as. */
export function callAs(its: 'tg' | 'testground'): void {
  name = its;
}

/** What becomes of flags that nobody knows: scripts that call `testground` give such, and it takes them. */
export function unknownFlags(): 'refuse' | 'tell' {
  return name === 'testground' ? 'tell' : 'refuse';
}

/** How a run stands, in the same words. */
export function stateWord({ state, outcome }: Pick<RunRecord, 'state' | 'outcome'>): string {
  return name === 'testground' && state === 'complete' && outcome === 'error' ? 'canceled' : state;
}

/** An outcome in the words of whoever called: scripts that call `testground` know a run that could not begin as canceled. */
export function outcomeWord(outcome: Outcome): string {
  return name === 'testground' && outcome === 'error' ? 'canceled' : outcome;
}
