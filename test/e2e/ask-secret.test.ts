import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describeWith } from '../support/needs.ts';
import { sdkPlanWith } from '../support/plans.ts';
import { root, single, someMachine, tg } from '../support/tg.ts';
import { inTerminal } from '../support/tmux.ts';

describeWith('tmux', 'tg rerun on a terminal', () => {
  test('asks for the value of a secret parameter without showing what is typed', async () => {
    const machine = await someMachine();
    const plan = await sdkPlanWith(
      `if (runenv.stringParam('token') !== 'hun' + 'ter2') throw new Error('another one');`,
      { params: 'token = { type = "string", secret = true }' },
    );
    await tg(machine, single(plan, '--tp', 'token=hunter2'));
    const terminal = await inTerminal(`${process.execPath} ${join(root, 'bin', 'tg.js')} rerun latest`, {
      ...{ columns: 120, rows: 24, cwd: machine.cwd, env: machine.env },
    });
    await terminal.press('Enter');
    await expect.poll(terminal.screen).toContain('token (not shown):');
    await terminal.press('hunter2', 'Enter');
    await expect.poll(terminal.everything).toContain('outcome: success');
    expect(await terminal.everything()).not.toContain('hunter2');
  });
});
