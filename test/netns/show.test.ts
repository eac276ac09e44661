import { describe, expect, test } from 'vitest';
import { netComposition } from '../support/composition.ts';
import { planWith } from '../support/plans.ts';
import { single, someMachine, tg } from '../support/tg.ts';

describe('tg net show', { tags: ['networks'] }, () => {
  test('prints what is declared between two instances, what they asked for, and their packets', async () => {
    const machine = await someMachine();
    const code = `
      if (runenv.testGroupId === 'a') {
        await ask({ default: { latency: 50, jitter: 0.5, bandwidth: 1.5e6, loss: 1.5 }, IPv4: '16.0.1.1/16' });
        await ask({ rules: [{ subnet: '16.0.0.7/24', filter: 1 }], enable: false });
        await ask({});
        await send('16.0.0.99');
      }
      await all();
    `;
    const network = '[network]\nlinks = ["a<>b:latency=10ms,loss=1%"]\nnat = { b = "symmetric" }';
    const file = await netComposition(machine, ['a', 'b', 'c'], network, { code });
    const run = await tg(machine, ['run', 'composition', '-f', file]);
    expect(run.code, run.stdout).toBe(0);
    const shown = await tg(machine, ['net', 'show', 'latest', 'a[0]', 'b']);
    expect(shown.code, shown.stderr).toBe(0);
    const lines = shown.stdout.replaceAll(/after [\d.]+m?s/g, 'after #').replaceAll(/ \([\d.]+ \w+\)/g, '');
    expect(lines).toBe(
      [
        'a[000] and b[000]',
        '  declared: round trip 20 ms; there 10 ms, 1 % lost; back 10 ms, 1 % lost',
        '  NATs: none and symmetric; can send first: the second',
        'a[000]',
        '  after #: address 16.0.1.1, latency 50 ms, jitter 0.5 ms, bandwidth 1.5 Mbit/s, loss 1.5 %',
        '  after #: disabled, reject 16.0.0.0/24',
        '  after #: a plain network',
        '  sent 1 packets, received 0, 1 sent to an address that no instance has',
        'b[000]',
        '  has not configured its network',
        '  sent 0 packets, received 0',
        '',
      ].join('\n'),
    );
    const json = JSON.parse((await tg(machine, ['net', 'show', 'latest', 'c', 'a', '--json'])).stdout);
    expect(json).toMatchObject({
      run_id: run.runId,
      declared: { round_trip_ms: 0, first_sender: 'either' },
      instances: [
        { group: 'c', index: 0, configured: [], counts: { sent: 0 } },
        {
          group: 'a',
          configured: [{}, { applied: ['disabled', 'reject 16.0.0.0/24'] }, { applied: [], not_applied: [] }],
        },
      ],
    });
  });

  test('needs two instances; without networks, nothing is declared between them', async () => {
    const machine = await someMachine();
    await tg(machine, single(await planWith('', { max: 2 }), '-i', '2'));
    const show = async (...names: string[]) => await tg(machine, ['net', 'show', 'latest', ...names]);
    expect((await show('single[0]', 'single[1]')).stdout).toContain('nothing is declared between them');
    expect(await show('single[0]', 'single[0]')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('two different'),
    });
    expect(await show('single', 'single[0]')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is 2 instances'),
    });
  });
});
