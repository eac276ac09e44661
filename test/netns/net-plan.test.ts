import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { outputsOf, root, someMachine, tg, verdictsOf } from '../support/tg.ts';

/** Runs a test case of the plan net. */
async function net(testCase: string, ...more: readonly string[]) {
  const machine = await someMachine();
  const args = ['run', 'single', '-p', 'net', '-t', testCase, '--timeout', '100s', ...more];
  return { machine, ...(await tg(machine, args)) };
}

/** The messages of its instances that match, in the order of their numbers. */
const messages = (stdout: string, pattern: RegExp) =>
  [...stdout.matchAll(/ MESSAGE << \w+\[(\d+)\] >> (.*)/g)]
    .sort(([, a], [, b]) => Number(a) - Number(b))
    .flatMap(([, , text = '']) => (pattern.test(text) ? [text] : []));

/** A sidecar that answers each configuration and applies none. */
const unshaped = ['--runner', 'local:exec', '--run-cfg', 'sidecar=noop'] as const;

const tp = (...settings: readonly string[]) => settings.flatMap((setting) => ['--tp', setting]);

describe.concurrent('the plan net: ping-mesh', { tags: ['networks'] }, () => {
  test('measures round trips to all others, or to a sample of them', async () => {
    const sampled = ['-i', '5', '--seed', '7', ...tp('peers=2', 'pings=3', 'interval=1ms')];
    const { code, stdout, machine } = await net('ping-mesh', ...sampled);
    expect(code, stdout).toBe(0);
    const rowOf = async (metric: string) =>
      JSON.parse((await tg(machine, ['metrics', '-n', metric, '--json'])).stdout).metrics[0];
    expect(await rowOf('rtt')).toMatchObject({ tags: 'to=single', count: 5 * 2 * 3, unit: 'ms' });
    expect(await rowOf('lost')).toMatchObject({ count: 5, max: 0, unit: 'percent' });
    expect((await net('ping-mesh', '-i', '2', ...tp('pings=1'), '--runner', 'local:exec')).code).toBe(0);
  });

  test.each([
    [
      'bounds=all>all:0..10',
      /^failed: single>single: round trips from \S+ to \S+ ms, median \S+ ms; it must be 0\.\.10 ms$/,
    ],
    ['bounds=all>all:5000..9000', /^failed: single>single: .* it must be 5000\.\.9000 ms$/],
    [
      'bounds=all>other:0..1,single<>single:none',
      /^failed: single>single: 1 pings were answered; it must be none$/,
    ],
    ['bounds=single:0..1', /^failed: not a pair of groups with a value: "single:0\.\.1"$/],
  ])('fails if round trips of 40 ms are not within %s', async (bounds, verdict) => {
    const { runId, code, machine } = await net(
      ...(['ping-mesh', '-i', '2', '--net', 'latency=20ms', ...tp('pings=1', bounds)] as const),
    );
    const verdicts = await verdictsOf(machine, runId);
    expect(code).toBe(1);
    expect(
      verdicts.some((its) => verdict.test(its)),
      verdicts.join('\n'),
    ).toBe(true);
  });

  test('fails if more pings are lost than allowed', async () => {
    const lossy = ['-i', '2', '--net', 'loss=100%', ...tp('pings=2', 'timeout=50ms')];
    const { runId, code, machine } = await net('ping-mesh', ...lossy);
    expect([code, await verdictsOf(machine, runId)]).toEqual([
      1,
      Array(2).fill('failed: 2 of 2 pings were lost'),
    ]);
    expect((await net('ping-mesh', ...lossy, ...tp('most_lost=1'))).code).toBe(0);
  });
});

describe.concurrent('the plan net: throughput', { tags: ['networks'] }, () => {
  test('fails if less arrives than the rate that was to be had', async () => {
    const narrow = ['--net', 'bandwidth=1Mbit', ...tp('ask=false', 'duration=500ms')];
    const { runId, code, machine } = await net('throughput', ...narrow);
    expect([code, (await verdictsOf(machine, runId)).sort()]).toEqual([
      1,
      [
        expect.stringMatching(
          /^failed: (0\.\d+|1\.\d+) Mbit\/s arrived, 0\.[01]\d of 8\.00 Mbit\/s; it must be 0\.8 to 1\.2$/,
        ),
        'success: reported success and exited with status 0',
      ],
    ]);
  });

  test('measures the rate of each sender', async () => {
    const limited = ['-i', '4', ...tp('rate=2000000', 'duration=500ms', 'least_share=0.1')];
    const { code, stdout } = await net('throughput', ...limited);
    expect(code, stdout).toBe(0);
    expect(messages(stdout, /^throughput: [\d.]+ Mbit\/s$/)).toHaveLength(2);
    const unlimited = ['--runner', 'local:exec', ...tp('rate=0', 'duration=100ms')];
    expect((await net('throughput', ...unlimited)).code).toBe(0);
  });

  test('fails if there is no sender', async () => {
    const { runId, machine } = await net('throughput', ...tp('from=servers'));
    expect((await verdictsOf(machine, runId)).at(0)).toContain(
      'instances of "servers" are to send to all others, and there must be some of both',
    );
  });
});

describe.concurrent('the plan net: partition', { tags: ['networks'] }, () => {
  test.each(['reject', 'drop'])('parts the instances with %s, and heals that', async (filter) => {
    const { code, stdout } = await net('partition', '-i', '3', ...tp(`filter=${filter}`, 'timeout=3s'));
    expect(code, stdout).toBe(0);
    const reached = (stage: string) =>
      messages(stdout, new RegExp(`^${stage}: `)).map((text) => text.slice(-26));
    const all = Array(3).fill('2 of 2 others have answered'.slice(-26));
    expect([reached('whole'), reached('healed')]).toEqual([all, all]);
    expect(messages(stdout, /^partitioned: /).sort()).toEqual([
      ...['partitioned: 0 of 2 others have answered', 'partitioned: 1 of 2 others have answered'],
      'partitioned: 1 of 2 others have answered',
    ]);
  });

  test('fails without a network that can be partitioned', async () => {
    const { runId, machine } = await net('partition', '-i', '2', '--runner', 'local:exec');
    expect(await verdictsOf(machine, runId)).toEqual(
      Array(2).fill('failed: this test case asks for a network: choose --runner local:netns'),
    );
    const noop = await net('partition', '-i', '2', ...unshaped);
    expect(noop.code).toBe(1);
    expect(noop.stdout).toMatch(/partitioned: single\[\d\]: answered, but it should be (EACCES|timeout)/);
  });
});

describe.concurrent('the plan net: nat', { tags: ['networks'] }, () => {
  const composition = join(root, 'plans/net/compositions/nat.toml');

  test('says who reaches whom behind NATs, and how', async () => {
    const machine = await someMachine();
    const { code, stdout, runId } = await tg(machine, ['run', 'composition', '-f', composition]);
    expect(code, stdout).toBe(0);
    const rows = messages(stdout, /^(from \\ to|\w+\[\d\]) {2}/);
    const [o, p, i, d] = ['none', 'punched', 'inside', 'direct'];
    expect(rows.map((row) => row.split(/ {2,}/))).toEqual([
      ['from \\ to', 'home[0]', 'home[1]', 'office[0]', 'phone[0]', 'phone[1]', 'server[0]'],
      ['home[0]', '-', p, o, p, p, d],
      ['home[1]', p, '-', o, p, p, d],
      ['office[0]', o, o, '-', o, o, d],
      ['phone[0]', p, p, o, '-', i, d],
      ['phone[1]', p, p, o, i, '-', d],
      ['server[0]', p, p, p, p, p, '-'],
    ]);
    const file = join(await outputsOf(machine, runId), 'server/0/reachability.json');
    const pairs = JSON.parse(await readFile(file, 'utf8'));
    expect(pairs).toHaveLength(30);
    expect(pairs).toContainEqual({ from: 'phone[0]', to: 'phone[1]', way: 'inside' });
  });

  test('punches through to a NAT that shows its port to the peer only', async () => {
    const machine = await someMachine();
    const groups = ['hub', 'open', 'closed'].map(
      (id) => `[[groups]]\nid = "${id}"\ninstances = { count = 1 }\n`,
    );
    const file = join(machine.cwd, 'nat.toml');
    const params = 'run.test_params = { rendezvous = "hub", expect = "open<>closed:punched" }';
    await writeFile(
      file,
      `[global]\nplan = "net"\ncase = "nat"\nrunner = "local:netns"\n${params}\n${groups.join('')}
      [network]\nnat = { open = "restricted", closed = "symmetric" }`,
    );
    const { code, stdout } = await tg(machine, ['run', 'composition', '-f', file]);
    expect(code, stdout).toBe(0);
  });

  test('has everyone reach everyone without NATs, and fails if that is not expected', async () => {
    const { code, stdout } = await net('nat', '-i', '2', ...tp('wait=200ms', 'expect=all>all:none'));
    expect(code).toBe(1);
    expect(stdout).toContain(
      'from single[0] to single[1]: direct, but none was expected; from single[1] to single[0]: direct, but none',
    );
  });
});

describe.concurrent('the plan net: shape', { tags: ['networks'] }, () => {
  const generous = tp('pings=4', 'tolerance=3s');

  test('sees that all that it has asked for is applied', async () => {
    const { code, stdout } = await net('shape', ...generous);
    expect(code, stdout).toBe(0);
    expect(messages(stdout, /^\d+ of 1000 packets were lost$/)).toHaveLength(2);
  });

  test.each<[string, readonly string[]]>([
    ['my address: 127.0.0.1, but it should be 127.0.1.\\d', unshaped],
    [
      'the median round trip took \\S+ ms; 110 ms is the most',
      ['--net', 'latency=100ms', ...tp('pings=4', 'tolerance=0s')],
    ],
    ['-\\d+ of 1000 packets were lost; 10 % was asked for', ['--net', 'duplicate=50%', ...generous]],
  ])('fails if something else is: %s', async (problem, more) => {
    const { code, stdout } = await net('shape', ...more);
    expect([code, stdout]).toEqual([1, expect.stringMatching(problem)]);
  });

  test('opens the internet', { tags: ['uplink'] }, async () => {
    const { code, stdout } = await net('shape', ...generous, ...tp('packets=100', 'internet=true'));
    expect(code, stdout).toBe(0);
  });
});
