import type { Moment } from '../plan/fault/fault.ts';
import { drawn } from './chance.ts';

/**
 * The times at which a fault happens, in ms since all instances were started, in order and perhaps without end; none
 * for one that waits for a cue.
 * @param words tell this fault from others of the same seed.
 */
export function* timesOf(
  moment: Moment,
  seed: string,
  ...words: readonly (string | number)[]
): Generator<number> {
  switch (moment.kind) {
    case 'at':
      yield moment.atMs;
      break;
    case 'between':
      yield moment.fromMs + drawn(seed, ...words, 'time') * (moment.untilMs - moment.fromMs);
      break;
    case 'every':
      yield* repeated(moment, seed, words);
      break;
    case 'cue':
      break;
  }
}

function* repeated(
  { everyMs, jitterMs, fromMs, untilMs, times }: Extract<Moment, { kind: 'every' }>,
  seed: string,
  words: readonly (string | number)[],
): Generator<number> {
  for (let nth = 0; times === null || nth < times; nth++) {
    const due = fromMs + nth * everyMs;
    if (untilMs !== null && due >= untilMs) return;
    const time = due + (2 * drawn(seed, ...words, 'time', nth) - 1) * jitterMs;
    yield Math.min(Math.max(fromMs, time), untilMs ?? time);
  }
}
