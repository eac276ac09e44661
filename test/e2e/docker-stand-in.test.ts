import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { planWith, sdkPlanWith } from '../support/plans.ts';
import { tempDir } from '../support/temp.ts';
import { ended, type Machine, resultOf, single, someMachine, startTg, tg } from '../support/tg.ts';
import { withoutNetworks } from '../support/without-networks.ts';

const saysNetwork = 'console.log(process.env.TEST_SIDECAR, process.env.TEST_SUBNET);';

/** Runs tg where no network namespace can be made. */
async function tgWithout(machine: Machine, args: readonly string[]) {
  return ended(await startTg(machine, args, 'tg', withoutNetworks['user.max_net_namespaces']));
}

describe.concurrent('a plan that asks for local:docker', () => {
  test('has networks of its own where they can be had', { tags: ['networks'] }, async () => {
    const machine = await someMachine();
    const asDocker = single(await planWith(saysNetwork), '--runner', 'local:docker');
    const { code, stdout, runId } = await tg(machine, asDocker);
    expect(code, stdout).toBe(0);
    expect(stdout.split('\n').filter((line) => line.includes('Docker is not supported'))).toEqual([
      expect.stringContaining(
        'WARN\tDocker is not supported: local:netns replaces local:docker and runs processes in networks of their own',
      ),
    ]);
    expect(stdout).toContain('OTHER << single[000] >> true 16.0.0.0/16');
    const again = await tg(machine, ['rerun', runId]);
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining('>> true 16.0.0.0/16')]);
  });

  describe.each(Object.entries(withoutNetworks))(
    'where %s is 0',
    { tags: ['userNamespace', 'setpriv'] },
    (setting, through) => {
      test('has none, and a line says why', async () => {
        const asDocker = single(await planWith(saysNetwork), '--runner', 'local:docker');
        const { code, stdout } = ended(await startTg(await someMachine(), asDocker, 'tg', through));
        expect(code, stdout).toBe(0);
        expect(stdout.split('\n').filter((line) => line.includes('Docker is not supported'))).toEqual([
          expect.stringMatching(
            /WARN\tDocker is not supported: local:exec replaces local:docker.*\(sidecar=noop\)\. local:netns is not available: unshare: .*; sysctl /,
          ),
        ]);
        expect(stdout).toContain(`sysctl ${setting} = 0\n`);
        expect(stdout).toContain('OTHER << single[000] >> true 127.0.0.0/8');
      });
    },
  );

  test('has none without unshare', async () => {
    const bin = await tempDir();
    await symlink(process.execPath, join(bin, 'node'));
    const asDocker = single(await planWith(saysNetwork), '-b', 'exec:node', '--runner', 'local:docker');
    const { code, stdout } = await tg(await someMachine({ PATH: bin }), asDocker);
    expect([code, stdout]).toEqual([0, expect.stringContaining('>> true 127.0.0.0/8')]);
    const why = process.platform === 'linux' ? 'unshare of util-linux is not installed' : 'it needs Linux';
    expect(stdout).toContain(`local:netns is not available: ${why}`);
  });

  test('has the same runner in a dry run, a description and a build', {
    tags: ['userNamespace'],
  }, async () => {
    const machine = await someMachine();
    const plan = await planWith('');
    await writeFile(
      join(machine.cwd, 'c.toml'),
      `[global]
plan = "${plan}"
case = "t"
builder = "exec:node"
runner = "local:docker"
total_instances = 1
[[groups]]
id = "a"
instances = { count = 1 }
resources = { memory = "1Gi" }
`,
    );
    const commands = [
      ['run', 'composition', '-f', 'c.toml'],
      ['run', 'composition', '-f', 'c.toml', '--dry-run'],
      ['describe', '-f', 'c.toml'],
      ['build', 'composition', '-f', 'c.toml'],
    ];
    for (const command of commands) {
      const { code, all } = await tgWithout(machine, command);
      expect([code, all]).toEqual([
        0,
        expect.stringContaining(
          'resources do not apply, local:exec limits neither memory nor CPU: groups[0]',
        ),
      ]);
    }
    const dry = await tgWithout(machine, single(plan, '--runner', 'local:docker', '--dry-run'));
    expect(dry.stdout).toContain('  runner: local:exec\n');
  });

  test('is refused with what only networks of its own can have, and why there are none', {
    tags: ['userNamespace'],
  }, async () => {
    const args = single(await planWith(''), '--runner', 'local:docker', '--net', '4g');
    const { code, stderr } = await tgWithout(await someMachine(), args);
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(
        /local:exec shapes no networks: a link would not be applied.*local:netns is not available: unshare/s,
      ),
    ]);
  });

  test('can be checked for beforehand', { tags: ['userNamespace'] }, async () => {
    const check = ['healthcheck', '--runner', 'local:docker', '--fix'];
    const { code, stdout } = await tgWithout(await someMachine(), check);
    expect(code, stdout).toBe(0);
    expect(stdout).toContain('finished checking runner local:docker');
    expect(stdout).toMatch(/- local:docker: missing; .*local:netns is not available.*\n- loopback: ok/);
  });
});

test('an error of local:netns says what to choose instead', { tags: ['userNamespace'] }, async () => {
  const run = await tgWithout(await someMachine(), single(await planWith(''), '--runner', 'local:netns'));
  expect([run.code, run.stderr]).toEqual([
    5,
    expect.stringMatching(/local:netns cannot make networks on this machine.*Choose --runner local:exec/s),
  ]);
});

/** Configurations that need a network of the instance's own, by what is said about them. */
const unapplied = {
  'latency 5ms': { default: { latency: 5e6 } },
  'jitter 1ms': { default: { jitter: 1e6 } },
  'bandwidth 1000 bit/s': { default: { bandwidth: 1000 } },
  'loss 1%': { default: { loss: 1 } },
  'corrupt 1%': { default: { corrupt: 1 } },
  'reorder 1%': { default: { reorder: 1 } },
  'duplicate 1%': { default: { duplicate: 1 } },
  'filter drop': { default: { filter: 2 } },
  'for "16.0.0.3/32": filter reject': { rules: [{ subnet: '16.0.0.3/32', filter: 1 }] },
  'for "16.0.0.3/32": filter drop': { rules: [{ subnet: '16.0.0.3/32', filter: 2 }] },
  'for "16.0.0.3/32": latency 5ms': { rules: [{ subnet: '16.0.0.3/32', latency: 5e6 }] },
  'disable the network': { enable: false },
  'disable the network: enable is not given': { enable: undefined },
  'an IPv4 address of its own': { IPv4: '16.0.1.1/16' },
  'an IPv6 address of its own': { IPv6: 'fd00::1/64' },
  'routing_policy deny_all': { routing_policy: 'deny_all' },
  'network "other"': { network: 'other' },
} as const;
/** Those that ask for nothing of the kind. */
const applied = {
  'a plain network': {},
  'an open network': { routing_policy: 'allow_all' },
  'an accepting rule': { rules: [{ subnet: '16.0.0.3/32', filter: 0 }] },
} as const;

describe('a run that passes without the network that it asked for', { tags: ['userNamespace'] }, () => {
  const settings: Readonly<Record<string, object>> = { ...unapplied, ...applied };
  const names = Object.keys(settings);
  const plan = sdkPlanWith(
    `const { hostname } = await import('node:os');
     const config = ${JSON.stringify(Object.values(settings).map((its) => ({ network: 'default', enable: true, ...its })))};
     const which = Number(runenv.intParam('which'));
     await init.syncClient.publish('network:' + hostname(), { ...config[which], callback_state: 'done' });
     await init.syncClient.barrier('done', 1);`,
    { params: 'which = { type = "int", default = 0 }' },
  );

  test('is unknown for every setting, and a success for what a shared network has', async () => {
    const machine = await someMachine();
    const which = names.map((_, index) => index).join(',');
    const args = single(await plan, '--runner', 'local:docker', '--matrix', `which=${which}`, '--jobs', '2');
    const { code, stdout } = await tgWithout(machine, args);
    expect(code, stdout).toBe(6);
    const ids = [...stdout.matchAll(/result default-which=(\d+)\[(\w+)\]: (\w+)/g)];
    const found = await Promise.all(
      ids.map(async ([, index, runId = '', outcome]) => {
        const { network } = await resultOf(machine, runId);
        return [names[Number(index)], { outcome, notApplied: Object.keys(network.not_applied) }] as const;
      }),
    );
    expect(Object.fromEntries(found)).toEqual({
      ...Object.fromEntries(
        Object.keys(unapplied).map((text) => [text, { outcome: 'unknown', notApplied: [text] }]),
      ),
      ...Object.fromEntries(
        Object.keys(applied).map((text) => [text, { outcome: 'success', notApplied: [] }]),
      ),
    });
  });

  test('says what to choose, and is a success if a person has chosen sidecar=noop', async () => {
    const machine = await someMachine();
    const args = single(await plan, '--runner', 'local:docker');
    const unknown = await tgWithout(machine, args);
    expect([unknown.code, unknown.stdout]).toEqual([6, expect.stringContaining('outcome: unknown')]);
    expect(unknown.stdout).toMatch(/NOT APPLIED .*latency 5ms.*choose --runner local:netns/);
    const chosen = await tgWithout(machine, [...args, '--run-cfg', 'sidecar=noop']);
    expect([chosen.code, chosen.stdout]).toEqual([0, expect.stringContaining('NOT APPLIED')]);
  });
});
