import { hostname } from 'node:os';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { RunSpec, SidecarMode } from '../../src/plan/run-spec.ts';
import type { RunEvent } from '../../src/run/events/events.ts';
import { hostnameOf } from '../../src/run/instance/environment.ts';
import { shapingIn, startSidecar } from '../../src/run/sidecar.ts';
import { stateKey, topicKey } from '../../src/sync/protocol.ts';
import { MemoryStore } from '../../src/sync/stores/memory-store.ts';
import { barrier } from '../../src/sync/waits.ts';

const scope = { run: 'r', plan: 'p', testCase: 't' };

/** A sidecar for groups with these modes, of two instances each. */
async function someSidecar(...modes: SidecarMode[]) {
  const store = new MemoryStore();
  const ending = new AbortController();
  const events: RunEvent[] = [];
  const refused: string[] = [];
  const groups = modes.map((sidecar, index) => ({ id: `g${index}`, instances: 2, sidecar }));
  const spec = {
    runId: 'r',
    plan: { name: 'p' },
    testCase: 't',
    groups,
    totalInstances: 2 * modes.length,
  } as unknown as RunSpec;
  const { ended } = await startSidecar({
    spec,
    store,
    emit: (event) => void events.push(event),
    refuse: (why) => void refused.push(why),
    signal: ending.signal,
  });
  onTestFinished(async () => {
    ending.abort();
    await ended;
  });
  const configure = async (host: string, config: object) => {
    const payload = JSON.stringify({ callback_state: 'done', ...config });
    await store.publish(topicKey(scope, `network:${host}`), payload);
  };
  const until = (state: string, target: number) =>
    barrier(store, stateKey(scope, state), target, new AbortController().signal);
  return { store, events, refused, configure, until };
}

const configured = (events: readonly RunEvent[]) =>
  events.filter(({ type }) => type === 'network-configured');

test('the network of every instance of the run is ready, whichever group has a sidecar', async () => {
  const { store } = await someSidecar('none', 'noop');
  expect(await store.count(stateKey(scope, 'network-initialized'))).toBe(4);
});

test('where nobody has a sidecar, nobody answers', async () => {
  const { store } = await someSidecar('none');
  expect(await store.keys()).toEqual([]);
});

test('every configuration is answered, by whatever name it came, and nothing is said of each', async () => {
  const { events, configure, until } = await someSidecar('noop', 'noop');
  const hosts = [hostname(), hostname(), hostnameOf('r', { group: 'g1', index: 1 })];
  for (const host of hosts)
    await configure(host, { enable: true, default: { latency: 5_000_000, loss: 1.5 } });
  await until('done', 3);
  expect(configured(events)).toEqual([
    {
      type: 'network-configured',
      instance: undefined,
      notApplied: ['latency 5ms', 'loss 1.5%'],
      refused: false,
    },
    {
      type: 'network-configured',
      instance: undefined,
      notApplied: ['latency 5ms', 'loss 1.5%'],
      refused: false,
    },
    {
      type: 'network-configured',
      instance: { group: 'g1', index: 1 },
      notApplied: ['latency 5ms', 'loss 1.5%'],
      refused: false,
    },
  ]);
  expect(events.filter((event) => event.type === 'notice')).toEqual([]);
});

test('strict: what asks for nothing is answered, the rest ends the run', async () => {
  const { refused, configure, until } = await someSidecar('strict');
  await configure(hostname(), {
    enable: true,
    default: { latency: 0 },
    rules: [],
    routing_policy: 'allow_all',
  });
  await until('done', 1);
  expect(refused).toEqual([]);
  await configure(hostname(), { enable: false, callback_state: 'never' });
  await configure(hostname(), { enable: true });
  await until('done', 2);
  expect(refused).toEqual(['tg does not apply these network settings: disable the network (sidecar=strict)']);
});

test.each([
  [{ default: { latency: '100ms' } }, /^invalid configuration: default\.latency /],
  [{ enable: 'true' }, /^invalid configuration: enable /],
])('what cannot be understood was not applied, and strict refuses it: %j', async (config, words) => {
  const noop = await someSidecar('noop');
  await noop.configure(hostname(), config);
  await noop.until('done', 1);
  expect(configured(noop.events)).toMatchObject([{ notApplied: [expect.stringMatching(words)] }]);
  const strict = await someSidecar('strict');
  await strict.configure(hostname(), { ...config, callback_state: 'never' });
  await strict.configure(hostname(), {});
  await strict.until('done', 1);
  expect(strict.refused).toHaveLength(1);
});

test('strictness is that of the group that asks, where its name tells', async () => {
  const { refused, configure, until } = await someSidecar('strict', 'noop');
  await configure(hostnameOf('r', { group: 'g1', index: 0 }), { default: { bandwidth: 7 } });
  await until('done', 1);
  expect(refused).toEqual([]);
  await configure(hostnameOf('r', { group: 'g0', index: 0 }), {
    default: { bandwidth: 7 },
    callback_state: 'never',
  });
  await configure(hostname(), {});
  await until('done', 2);
  expect(refused).toHaveLength(1);
});

test('the form of older Go SDKs', async () => {
  const { events, configure, until } = await someSidecar('noop');
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
  expect(configured(events)).toMatchObject([{ notApplied: ['latency 1ms'] }]);
});

test('what cannot be read was not applied, and holds up nothing', async () => {
  const { store, events, configure, until } = await someSidecar('noop');
  await store.publish(topicKey(scope, `network:${hostname()}`), 'null');
  await store.publish(topicKey(scope, `network:${hostname()}`), '{"enable":"perhaps"}');
  await configure(hostname(), {});
  await until('done', 1);
  expect(configured(events)).toMatchObject([
    { notApplied: [expect.stringMatching(/^invalid configuration: /)] },
    { notApplied: [expect.stringMatching(/^invalid configuration: enable /)] },
    { notApplied: [] },
  ]);
});

describe('what asks for a network that is not there', () => {
  test.each([
    [{ enable: true, network: 'default', default: { latency: 0, jitter: 0 } }, []],
    [{}, []],
    [{ enable: false }, ['disable the network']],
    [{ network: 'other' }, ['network "other"']],
    [{ IPv4: '16.0.1.2/16' }, ['an IPv4 address of its own']],
    [{ IPv6: 'fe80::/64' }, ['an IPv6 address of its own']],
    [{ default: { latency: 1e8, jitter: 5e5 } }, ['latency 100ms', 'jitter 0.5ms']],
    [{ default: { bandwidth: 1048576 } }, ['bandwidth 1048576 B/s']],
    [{ default: { filter: 1 } }, ['filter reject']],
    [{ default: { filter: 2 } }, ['filter drop']],
    [
      { default: { loss: 1, corrupt: 2, reorder: 3, duplicate: 4 } },
      ['loss 1%', 'corrupt 2%', 'reorder 3%', 'duplicate 4%'],
    ],
    [{ routing_policy: 'deny_all' }, ['routing_policy deny_all']],
    [{ routing_policy: 'allow_all' }, []],
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
        ...rest,
        ...(shape === undefined ? {} : { default: filled(shape) }),
        ...(rules === undefined ? {} : { rules: rules.map(filled) }),
      }),
    ).toEqual(words);
  });
});
