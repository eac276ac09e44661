import { hostname } from 'node:os';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { NetworkBackend } from '../../src/network/backend.ts';
import { shapingIn } from '../../src/network/config.ts';
import { type NetworkAnswer, startSidecar } from '../../src/network/sidecar.ts';
import { unshapedNetwork } from '../../src/network/unshaped-network.ts';
import type { InstanceId } from '../../src/plan/instance-id.ts';
import type { UnappliedPolicy } from '../../src/plan/run-spec.ts';
import { stateKey, topicKey } from '../../src/sync/protocol.ts';
import { MemoryStore } from '../../src/sync/stores/memory-store.ts';
import { barrier } from '../support/barrier.ts';

const scope = { run: 'r', plan: 'p', testCase: 't' };
const hostnameOf = ({ group, index }: InstanceId) => `r-${group}-${index}`;
const instances = ['g0', 'g1'].flatMap((group) => [0, 1].map((index) => ({ group, index })));

interface Asked {
  readonly unapplied?: UnappliedPolicy;
  readonly backend?: NetworkBackend;
  /** The groups with a sidecar. */
  readonly groups?: readonly string[];
}

/** A sidecar for two groups of two instances each. */
function someSidecar({ unapplied = 'report', backend = unshapedNetwork, groups = ['g0', 'g1'] }: Asked = {}) {
  const store = new MemoryStore();
  const answers: NetworkAnswer[] = [];
  const problems: string[] = [];
  const own = instances
    .filter(({ group }) => groups.includes(group))
    .map((instance) => ({ instance, hostname: hostnameOf(instance), backend }));
  const sidecar = startSidecar({
    ...{ store, scope, unapplied, instances },
    clients: own.length === 0 ? [] : [...own, { instance: undefined, hostname: hostname(), backend }],
    onAnswer: (answer) => void answers.push(answer),
    onUnready: (why) => void problems.push(why),
    onProblem: (problem) => void problems.push(problem),
  });
  onTestFinished(() => sidecar[Symbol.asyncDispose]());
  const configure = async (host: string, config: object) => {
    const payload = JSON.stringify({ callback_state: 'done', enable: true, ...config });
    await store.publish(topicKey(scope, `network:${host}`), payload);
  };
  const until = (state: string, target: number) =>
    barrier(store, stateKey(scope, state), target, new AbortController().signal);
  return { ready: sidecar.ready, store, answers, problems, configure, until };
}

test('signals a ready network for every instance of the run, although only one group has a sidecar', async () => {
  const { store, ready } = someSidecar({ groups: ['g1'] });
  await ready;
  expect(await store.count(stateKey(scope, 'network-initialized'))).toBe(4);
});

test('signals and publishes nothing if no group has a sidecar', async () => {
  const { store, ready } = someSidecar({ groups: [] });
  await ready;
  expect(await store.keys()).toEqual([]);
});

test('answers configurations from all hostnames', async () => {
  const { answers, configure, until } = someSidecar();
  const hosts = [hostname(), hostname(), hostnameOf({ group: 'g1', index: 1 })];
  for (const host of hosts)
    await configure(host, { enable: true, default: { latency: 5_000_000, loss: 1.5 } });
  await until('done', 3);
  const answer = {
    ...{ applied: [], notApplied: ['latency 5ms', 'loss 1.5%'], refused: false },
    tookMs: expect.any(Number),
  };
  // Hostnames are served independently: only the requests of one hostname are answered in order.
  expect(answers).toHaveLength(3);
  for (const instance of [undefined, { group: 'g1', index: 1 }])
    expect(answers).toContainEqual({ ...answer, instance });
});

test('unapplied=fail: accepts a configuration that needs no shaping and refuses any other', async () => {
  const { store, answers, configure, until } = someSidecar({ unapplied: 'fail' });
  await configure(hostname(), {
    enable: true,
    default: { latency: 0 },
    rules: [],
    routing_policy: 'allow_all',
  });
  await until('done', 1);
  await configure(hostname(), { enable: false, callback_state: 'never' });
  await configure(hostname(), { enable: true });
  await until('done', 2);
  expect(answers.map(({ refused, notApplied }) => [refused, notApplied])).toEqual([
    [false, []],
    [true, ['disable the network']],
    [false, []],
  ]);
  // A request that is refused gets no callback.
  expect(await store.count(stateKey(scope, 'never'))).toBeUndefined();
});

test.each([
  [{ default: { latency: '100ms' } }, /^invalid configuration: default\.latency /],
  [{ enable: 'true' }, /^invalid configuration: enable /],
])('does not apply an invalid configuration, and refuses it if unapplied=fail: %j', async (config, words) => {
  const lenient = someSidecar();
  await lenient.configure(hostname(), config);
  await lenient.until('done', 1);
  expect(lenient.answers).toMatchObject([{ notApplied: [expect.stringMatching(words)], refused: false }]);
  const strict = someSidecar({ unapplied: 'fail' });
  await strict.configure(hostname(), { ...config, callback_state: 'never' });
  await strict.configure(hostname(), {});
  await strict.until('done', 1);
  expect(strict.answers.map(({ refused }) => refused)).toEqual([true, false]);
  expect(await strict.store.count(stateKey(scope, 'never'))).toBeUndefined();
});

describe('a backend that shapes the network', () => {
  /** Applies only latencies; fails for a bandwidth, and to initialize an instance with index 1. */
  const shaping = (): NetworkBackend & { readonly applied: unknown[] } => {
    const applied: unknown[] = [];
    return {
      applied,
      initialize: ({ index }) =>
        index === 1 ? Promise.reject(new Error('no interface')) : Promise.resolve(),
      apply(instance, config) {
        if (config.default?.bandwidth) return Promise.reject(new Error('no tbf'));
        applied.push([instance, config.default?.latency]);
        return Promise.resolve([]);
      },
    };
  };

  test('is initialized for each instance, and a failure is reported instead of signalled', async () => {
    const { store, ready, problems } = someSidecar({ backend: shaping() });
    await ready;
    expect(await store.count(stateKey(scope, 'network-initialized'))).toBe(2);
    expect(problems).toEqual([
      'the network of g0[001] is not ready: no interface',
      'the network of g1[001] is not ready: no interface',
    ]);
  });

  test('applies a configuration before its callback, and a failure counts as not applied', async () => {
    const backend = shaping();
    const { answers, configure, until } = someSidecar({ backend });
    const instance = { group: 'g0', index: 0 };
    await configure(hostnameOf(instance), { default: { latency: 7 } });
    await until('done', 1);
    expect(backend.applied).toEqual([[instance, 7]]);
    await configure(hostnameOf(instance), { default: { bandwidth: 1 } });
    await until('done', 2);
    expect(answers.map(({ notApplied }) => notApplied)).toEqual([[], ['the configuration: no tbf']]);
  });
});

test('reads the format of older Go SDKs', async () => {
  const { answers, configure, until } = someSidecar();
  const old = {
    Network: 'default',
    IPv4: null,
    Enable: true,
    Default: { Latency: 1e6, CorruptCorr: 0 },
    Rules: null,
    State: 'old',
  };
  await configure(hostname(), { ...old, callback_state: undefined });
  await until('old', 1);
  expect(answers).toMatchObject([{ notApplied: ['latency 1ms'] }]);
});

test('reports an unreadable configuration as not applied, and answers the next one', async () => {
  const { store, answers, configure, until } = someSidecar();
  await store.publish(topicKey(scope, `network:${hostname()}`), 'null');
  await store.publish(topicKey(scope, `network:${hostname()}`), '{"enable":"perhaps"}');
  await configure(hostname(), {});
  await until('done', 1);
  expect(answers).toMatchObject([
    { notApplied: [expect.stringMatching(/^invalid configuration: /)] },
    { notApplied: [expect.stringMatching(/^invalid configuration: enable /)] },
    { notApplied: [] },
  ]);
});

describe('lists the settings that need a shaped network', () => {
  test.each([
    [{ enable: true, network: 'default', default: { latency: 0, jitter: 0 } }, []],
    [{}, []],
    [{ enable: false }, ['disable the network']],
    [{ enable: undefined }, ['disable the network: enable is not given']],
    [{ network: 'other' }, ['network "other"']],
    [{ IPv4: '16.0.1.2/16' }, ['an IPv4 address of its own']],
    [{ IPv6: 'fe80::/64' }, ['an IPv6 address of its own']],
    [{ default: { latency: 1e8, jitter: 5e5 } }, ['latency 100ms', 'jitter 0.5ms']],
    [{ default: { bandwidth: 1048576 } }, ['bandwidth 1048576 bit/s']],
    [{ default: { filter: 1 } }, ['filter reject']],
    [{ default: { filter: 2 } }, ['filter drop']],
    [
      { default: { loss: 1, corrupt: 2, reorder: 3, duplicate: 4 } },
      ['loss 1%', 'corrupt 2%', 'reorder 3%', 'duplicate 4%'],
    ],
    [{ routing_policy: 'deny_all' }, ['routing_policy deny_all']],
    [{ routing_policy: 'allow_all' }, []],
    [{ routing_policy: 'closed' }, ['routing_policy closed']],
    [
      {
        rules: [
          { subnet: '16.0.0.0/8', latency: 1e6 },
          { subnet: 'x', latency: 0 },
        ],
      },
      ['for "16.0.0.0/8": latency 1ms'],
    ],
  ])('%j', (config, words) => {
    const whole = {
      latency: 0,
      jitter: 0,
      bandwidth: 0,
      filter: 0,
      loss: 0,
      corrupt: 0,
      reorder: 0,
      duplicate: 0,
    };
    const filled = (shape: object) => ({ ...whole, ...shape });
    const { default: shape, rules, ...rest } = config as { default?: object; rules?: object[] };
    expect(
      shapingIn({
        ...{ enable: true, ...rest },
        ...(shape === undefined ? {} : { default: filled(shape) }),
        ...(rules === undefined ? {} : { rules: rules.map(filled) }),
      }),
    ).toEqual(words);
  });
});
