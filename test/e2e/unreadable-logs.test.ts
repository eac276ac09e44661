import { chmodSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { planWith } from '../support/plans.ts';
import { ended, outputsOf, single, someMachine, startTg, tg } from '../support/tg.ts';
import { giveAway, startUnprivilegedTg, unprivilegedTg } from '../support/unprivileged.ts';

test('tg logs names each file that it cannot read, and shows the others', { tags: ['setpriv'] }, async () => {
  const machine = await someMachine();
  const plan = await planWith(
    'console.log(`here is ${process.env.TEST_OUTPUTS_PATH.slice(-1)}`); console.error("oops")',
  );
  const { runId } = await tg(machine, single(plan, '-i', '4'));
  const outputs = await outputsOf(machine, runId);
  await giveAway(dirname(machine.cwd));
  chmodSync(join(outputs, 'single', '0', 'run.out'), 0);
  chmodSync(join(outputs, 'single', '2'), 0);
  const { code, stdout, stderr } = await unprivilegedTg(machine, ['logs', runId]);
  expect(code).toBe(3);
  expect(stderr.match(/^error: .*: it cannot be read: EACCES/gm)).toHaveLength(3);
  expect(stderr).toContain(join('single', '0', 'run.out'));
  for (const index of [1, 3]) expect(stdout).toContain(`here is ${index}`);
  expect(stdout.match(/oops/g)).toHaveLength(3);
  expect(stdout).toContain('run finished with outcome success');
  const page = await unprivilegedTg(machine, ['report', runId, '-o', '-']);
  expect([page.code, page.stdout]).toEqual([0, expect.stringContaining('lines are missing: ')]);
  chmodSync(join(outputs, 'single', '2'), 0o700);
});

test('tg logs -f names each file that it cannot read, and shows the others', {
  tags: ['setpriv'],
}, async () => {
  const machine = await someMachine();
  const go = join(machine.cwd, 'go');
  const plan = await planWith(`
    import { existsSync } from 'node:fs';
    console.log('on');
    const timer = setInterval(() => existsSync('${go}') && clearInterval(timer), 50);
  `);
  const run = startTg(machine, single(plan, '-i', '2'));
  const runId = await new Promise<string>((resolve) => {
    let said = '';
    run.stdout.on('data', (piece) => {
      said += String(piece);
      if (said.match(/>> on/g)?.length === 2) resolve(/run is queued with ID: (\S+)/.exec(said)?.[1] ?? '');
    });
  });
  chmodSync(dirname(machine.cwd), 0o755);
  chmodSync(join(await outputsOf(machine, runId), 'single', '0'), 0);
  const following = startUnprivilegedTg(machine, ['logs', runId, '-f']);
  // At the end of a run tg makes the folder readable again, so tg logs -f has to read it before.
  await new Promise<void>((resolve) => {
    following.stdout.on('data', (piece) => String(piece).includes('<< single[001] >> on') && resolve());
  });
  writeFileSync(go, '');
  await run;
  const { code, stdout, stderr } = ended(await following);
  expect([code, stdout]).toEqual([3, expect.stringContaining('<< single[001] >> on')]);
  expect(stderr.match(/^error: .*: it cannot be read: EACCES/gm)).toHaveLength(2);
});
