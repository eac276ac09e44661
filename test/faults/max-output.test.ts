import { expect, test } from 'vitest';
import { planWith } from '../support/plans.ts';
import { resultOf, single, someMachine, tg } from '../support/tg.ts';

test.each([
  ['6KB', 1],
  ['9KB', 0],
])(
  '--max-output counts stdout and stderr of all instances, also after their end: 8 KB with limit %s exits %i',
  async (max, code) => {
    const machine = await someMachine();
    // The instances end before tg first checks how much they have written.
    const writes = 'head -c 2000 /dev/zero; head -c 2000 /dev/zero >&2';
    const plan = await planWith('', { manifest: `[builders."exec:generic"]\nrun = "${writes}"` });
    const run = await tg(machine, single(plan, '-b', 'exec:generic', '-i', '2', '-q', '--max-output', max));
    expect(run.code).toBe(code);
    expect((await resultOf(machine, run.runId)).stopped?.ending).toBe(code === 0 ? undefined : 'max-output');
  },
);
