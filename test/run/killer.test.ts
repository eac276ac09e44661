import { expect, test } from 'vitest';
import { judgeInstance } from '../../src/run/verdict/judge-instance.ts';
import { ObservationStore } from '../../src/run/verdict/observations.ts';

test.each([
  [0, 'killed by SIGKILL, which tg did not send'],
  [
    2,
    'killed by SIGKILL, possibly out of memory: the kernel has killed 2 processes for lack of memory since the run began',
  ],
])(
  'the verdict on a SIGKILL says how many processes the kernel has killed for lack of memory: %i',
  (oomKills, reason) => {
    const facts = new ObservationStore().of({ group: 'single', index: 0 });
    const verdict = judgeInstance(
      { ...facts, code: null, signal: 'SIGKILL', succeeded: true, oomKills },
      true,
    );
    expect(verdict).toEqual({ outcome: 'crashed', reason: reason });
  },
);
