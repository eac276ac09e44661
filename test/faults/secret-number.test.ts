import { expect, test } from 'vitest';
import { sdkPlanWith } from '../support/plans.ts';
import { single, someMachine, tg } from '../support/tg.ts';

test('a numeric secret makes the metrics line with it unreadable and a threshold unknown: exit 6', async () => {
  const plan = await sdkPlanWith(`runenv.R().recordPoint('m', 5); runenv.R().recordPoint('m', 4711);`, {
    params: 'token = { type = "string", secret = true }',
  });
  const run = await tg(await someMachine(), single(plan, '--tp', 'token=4711', '--threshold', 'm:max<9000'));
  expect(run.code).toBe(6);
  expect(run.stdout).toMatch(
    /threshold unknown: max of m below 9000; it was 5, but 1 line of single\/0\/results\.out/,
  );
  expect(run.all).not.toContain('4711');
});
