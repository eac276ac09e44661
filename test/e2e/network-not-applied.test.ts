import { expect, test } from 'vitest';
import { sdkPlanWith } from '../support/plans.ts';
import { resultOf, single, someMachine, tg } from '../support/tg.ts';

test('one warning sums up the network settings that 12 instances asked for and that were not applied', async () => {
  const machine = await someMachine();
  const plan = await sdkPlanWith(`
    for (const latency of [10, init.globalSeq])
      await init.netClient.configureNetwork({
        network: 'default', enable: true, callbackState: 'done', callbackTarget: 1,
        default: { latency, loss: 5 },
      });
  `);
  const { code, runId, all } = await tg(machine, single(plan, '-i', '12', '--run-cfg', 'sidecar=noop'));
  expect(code).toBe(0);
  expect(all.split('\n').filter((line) => line.includes('NOT APPLIED'))).toEqual([
    expect.stringMatching(
      /WARN\tNOT APPLIED in 24 of 24 network configurations: loss 5% \(24×\), latency 10ms \(13×\), (latency \d+ms \(1×\), ){3}and 8 more: tg why /,
    ),
  ]);
  const { network } = await resultOf(machine, runId);
  expect(network).toMatchObject({ configured: 24, not_as_asked: 24, not_applied: { 'loss 5%': 24 } });
  const why = await tg(machine, ['why', runId]);
  const details = why.stdout.split('not applied in 24 of 24 network configurations:\n')[1] ?? '';
  expect(details.trimEnd().split('\n')).toHaveLength(Object.keys(network?.not_applied ?? {}).length);
  expect(JSON.parse((await tg(machine, ['why', runId, '--json'])).stdout).not_applied).toEqual(
    network?.not_applied,
  );
  expect((await tg(machine, ['logs', runId])).stdout.match(/NOT APPLIED/g)).toHaveLength(1);
});
