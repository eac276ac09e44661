import { describe, expect, test } from 'vitest';
import { planWith } from '../support/plans.ts';
import { root, someMachine, tg } from '../support/tg.ts';

describe.concurrent('a plan is named', () => {
  test.each([
    ['by an argument', ['run', 'example', '-t', 'output']],
    ['by an argument of single', ['run', 'single', 'example', '-t', 'output']],
    ['after the flags', ['run', '-t', 'output', 'example']],
    ['by a path', ['run', `${root}/plans/example`, '-t', 'output']],
    ['by --plan', ['run', '--plan', 'example', '-t', 'output']],
    ['twice by the same name', ['run', 'example', '-p', 'example', '-t', 'output']],
  ])('%s', async (_, args) => {
    const run = await tg(await someMachine(), args);
    expect([run.code, run.stdout]).toEqual([0, expect.stringContaining('1 instance: 1 success')]);
  });

  test('by the folder in which tg runs, for run and build', async () => {
    const machine = await someMachine();
    const here = { ...machine, cwd: await planWith('console.log("here")') };
    const run = await tg(here, ['run']);
    expect([run.code, run.stdout]).toEqual([0, expect.stringContaining('OTHER << single[000] >> here')]);
    const built = await tg(here, ['build', 'single', '-q']);
    expect([built.code, built.stdout]).toEqual([0, expect.stringMatching(/^exec-node--p-\w+\n$/)]);
  });
});
