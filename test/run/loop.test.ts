import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkAccepted } from '../../src/library/checks.ts';
import type { NetworkBackend } from '../../src/network/backend.ts';
import { homeOf, prepareHome } from '../../src/os/home.ts';
import { instanceDirOf, runDirOf } from '../../src/outputs/layout.ts';
import type { Artifact } from '../../src/plan/artifact.ts';
import type { GroupSpec, RunSpec } from '../../src/plan/run-spec.ts';
import type { RunEvent } from '../../src/run/events/events.ts';
import { runPlan } from '../../src/run/run.ts';
import { newRunId } from '../../src/run/run-id.ts';
import { runnerCatalog } from '../../src/runners/registry.ts';
import { stateKey, topicKey } from '../../src/sync/protocol.ts';
import { type FakeOptions, type FakeProgram, fakeInfo, fakeRunner } from '../support/fake-runner.ts';
import { tempDir } from '../support/temp.ts';

// The run loop that all runners share, driven by a runner whose instances are objects in memory.

const image: Artifact = {
  kind: 'image',
  key: 'k',
  reference: 'registry/plan@sha256:0',
  sdk: true,
  traits: { dialsByName: false, reopensStreams: false, stacksOnQuit: false },
};

function groupOf(id: string, instances: number, more: Partial<GroupSpec> = {}): GroupSpec {
  return {
    ...{ id, of: id, role: '', instances, artifact: undefined, sidecar: 'none', params: {} },
    build: {
      ...{ builder: 'test:image', config: {}, selectors: [], dependencies: [] },
      ...{ linkSdk: undefined, coverage: false },
    },
    ...{ secrets: [], profiles: {}, expect: 'success' },
    origins: { instances: '', builder: '', buildConfig: {}, params: {}, profiles: {} },
    ...more,
  };
}

function specOf(groups: readonly GroupSpec[], config: Partial<RunSpec['config']> = {}): RunSpec {
  return {
    ...{
      runId: newRunId(),
      name: 'default',
      of: 'default',
      point: {},
      labels: [],
      series: undefined,
      testCase: 't',
      runner: 'test:fake',
      askedRunner: undefined,
    },
    plan: { name: 'p', dir: '/p', sdk: true },
    groups,
    totalInstances: groups.reduce((sum, { instances }) => sum + instances, 0),
    seed: '1',
    config: {
      ...{ timeoutMs: undefined, stallAfterMs: 0, maxOutput: undefined, sync: { store: 'memory' } },
      ...{ sidecar: undefined, unapplied: 'report', influxdb: undefined, otlp: undefined, runner: {} },
      ...config,
    },
    ...{
      configOrigins: {},
      refused: undefined,
      disableMetrics: false,
      thresholds: [],
      faults: [],
      notes: [],
    },
    metricUnits: {},
    attachments: [],
    metadata: { repo: '', branch: '', commit: '' },
  };
}

interface Asked extends FakeOptions {
  readonly config?: Partial<RunSpec['config']>;
  readonly groups: readonly GroupSpec[];
  readonly onEvent?: (event: RunEvent, runner: ReturnType<typeof fakeRunner>) => void;
}

/** Executes a run whose instances are objects in memory. */
async function run({ config, groups, onEvent, ...options }: Asked) {
  const home = homeOf({ TESTGROUND_HOME: join(await tempDir(), 'home') });
  await prepareHome(home);
  const spec = specOf(groups, config);
  const runner = fakeRunner(options);
  const events: RunEvent[] = [];
  const never = new AbortController().signal;
  const { result } = await runPlan(spec, {
    ...{ home, callerEnv: {}, extraEnv: { WEAK: 'flag', STRONG: 'flag' }, held: [], everyLine: true },
    cancel: never,
    kill: never,
    pace: () => undefined,
    sideBySide: () => 1,
    runnerOf: () => Promise.resolve(runner),
    build: () => Promise.resolve(new Map(groups.map(({ id }) => [id, image]))),
    emit: (event) => {
      events.push(event);
      onEvent?.(event, runner);
    },
  });
  const runDir = runDirOf(home, 'p', spec.runId);
  const outputOf = (group: string, index: number) =>
    readFile(join(instanceDirOf(runDir, group, index), 'run.out'), 'utf8');
  return { result, events, calls: runner.calls, spec, outputOf };
}

const scope = ({ TEST_RUN = '' }: Readonly<Record<string, string>>) => ({
  run: TEST_RUN,
  plan: 'p',
  testCase: 't',
});

const succeeds: FakeProgram = async (its) => {
  its.print('hello');
  its.event({ success_event: { group: its.instance.group } });
  return undefined;
};

const waits: FakeProgram = async (its) => {
  await its.asked;
  return undefined;
};

const reasons = ({ groups }: Awaited<ReturnType<typeof run>>['result']) =>
  groups.flatMap(({ instances }) => instances.map(({ outcome, reason }) => `${outcome}: ${reason}`));

test('starts every instance, keeps its output and cleans up, in this order', async () => {
  const { result, calls, events, outputOf } = await run({
    groups: [groupOf('a', 1), groupOf('b', 1)],
    programs: { a: succeeds, b: succeeds },
    leftovers: '2 containers',
  });
  expect(result.outcome).toBe('success');
  expect(calls).toHaveLength(10);
  expect(calls.slice(0, 3)).toEqual(['open', 'prepare image,image', 'start a[000]']);
  for (const tag of ['a[000]', 'b[000]'])
    expect(calls.filter((call) => call.endsWith(tag))).toEqual([
      `start ${tag}`,
      `kill ${tag}`,
      `remove ${tag}`,
    ]);
  expect(calls.slice(-2)).toEqual(['reap', 'close']);
  expect(await outputOf('b', 0)).toMatch(/^hello\n\{.*success_event.*\}\n$/);
  expect(events.filter(({ type }) => type === 'instance-started')).toMatchObject([
    { instance: { group: 'a', index: 0 }, ref: { kind: 'container', id: 'c-a[000]' } },
    { instance: { group: 'b', index: 0 }, ref: { kind: 'container', id: 'c-b[000]' } },
  ]);
  for (const name of ['a', 'b'])
    expect(
      events.flatMap((event) => ('instance' in event && event.instance?.group === name ? [event.type] : [])),
    ).toEqual(['instance-started', 'line', 'line', 'instance-exited']);
  expect(events.slice(0, 2)).toMatchObject([{ type: 'run-queued' }, { type: 'run-started' }]);
  expect(events.slice(-2)).toMatchObject([
    { type: 'notice', text: 'ended 2 containers that instances had left behind' },
    { type: 'run-ended' },
  ]);
});

test('samples the machine, also in a run that ends before the first second', async () => {
  const { result, events } = await run({ groups: [groupOf('a', 2)], programs: { a: succeeds } });
  const samples = events.filter((event) => event.type === 'machine');
  expect(samples.length).toBeGreaterThan(0);
  // The instances of the fake runner have no usage: it is left out.
  for (const { forMs, cores, groups } of samples)
    expect([forMs > 0, cores > 0, groups]).toEqual([true, true, []]);
  const types = events.map(({ type }) => type);
  expect(types.lastIndexOf('machine')).toBeGreaterThan(types.lastIndexOf('instance-exited'));
  expect(result.machine).toMatchObject({ cores: samples[0]?.cores, saturated: expect.any(Boolean) });
});

test('samples the machine while instances run', async () => {
  let ready = () => {};
  const sampled = new Promise<void>((resolve) => {
    ready = resolve;
  });
  const { result } = await run({
    groups: [groupOf('a', 1)],
    programs: { a: (its) => sampled.then(() => succeeds(its)) },
    onEvent: ({ type }) => {
      if (type === 'machine') ready();
    },
  });
  expect(result.outcome).toBe('success');
});

test('gives an instance its paths and addresses as it sees them, not as tg does', async () => {
  let env: Readonly<Record<string, string>> = {};
  const { result } = await run({
    groups: [groupOf('a', 1)],
    programs: {
      a: async (its) => {
        env = its.env;
        return await succeeds(its);
      },
    },
  });
  expect(result.outcome).toBe('success');
  expect(env).toMatchObject({
    ...{ TEST_OUTPUTS_PATH: '/outputs', TEST_TEMP_PATH: '/temp', TMPDIR: '/temp', TG_PLAN_PATH: '/plan' },
    ...{ SYNC_SERVICE_HOST: 'sync.example', REDIS_HOST: 'sync.example', TEST_SUBNET: '10.0.0.0/8' },
    ...{ INFLUXDB_URL: `http://sync.example:${env['SYNC_SERVICE_PORT']}` },
    // --env replaces the defaults of the runner, and the overrides of the runner replace --env.
    ...{ WEAK: 'flag', STRONG: 'runner', PATH: '/bin' },
  });
});

test.each(['port', 'address', 'token'] as const)(
  'identifies the calling instance by its %s',
  async (identity) => {
    const { result } = await run({
      groups: [groupOf('a', 3, { expect: 'success' })],
      identity,
      config: { timeoutMs: 1_000 },
      programs: {
        a: async (its) => {
          // The first two wait for signals that never come.
          if (its.instance.index === 2) return await succeeds(its);
          const state = stateKey(scope(its.env), `s${its.instance.index}`);
          await its.request({ barrier: { state, target: 1 } });
          return undefined;
        },
      },
    });
    expect(reasons(result).slice(0, 2)).toEqual([
      expect.stringContaining('at barrier "s0" (0 of 1)'),
      expect.stringContaining('at barrier "s1" (0 of 1)'),
    ]);
  },
);

test.each([
  ['idle', /^aborted: waiting when the run was abandoned/],
  ['busy', /^timed-out: /],
] as const)(
  'abandons a failed run if the handles report that waiting instances are idle, and not if busy: %s',
  async (activity, reason) => {
    const { result } = await run({
      groups: [groupOf('failing', 1), groupOf('waiting', 1)],
      activity,
      config: { timeoutMs: 3_000 },
      programs: {
        failing: async () => ({ code: 3 }),
        waiting: async (its) => {
          await its.request({ barrier: { state: stateKey(scope(its.env), 's'), target: 1 } });
          await its.asked;
          return undefined;
        },
      },
    });
    expect(reasons(result)).toEqual([
      expect.stringMatching(/^failed: exited with status 3/),
      expect.stringMatching(reason),
    ]);
  },
);

test('asks an instance to end within the grace period at the timeout', async () => {
  const { result, calls } = await run({
    groups: [groupOf('a', 1)],
    config: { timeoutMs: 50 },
    programs: { a: waits },
  });
  expect(calls).toContain(`stop a[000] ${JSON.stringify({ graceMs: 5_000, dumpStacks: false })}`);
  expect(reasons(result)).toEqual([expect.stringMatching(/^timed-out: still running at the timeout/)]);
});

test('judges an instance that cannot be started as never-started, with the reason of the runner', async () => {
  const { result, calls } = await run({
    groups: [groupOf('a', 2)],
    programs: { a: succeeds },
    unstartable: ['a[001]'],
  });
  expect(reasons(result)).toEqual([
    expect.stringMatching(/^success/),
    'never-started: could not be started: there is no such image',
  ]);
  expect(calls.filter((call) => call.endsWith('a[001]'))).toEqual(['remove a[001]']);
});

test('ends the run if the runner is lost, and how its instances ended is unknown', async () => {
  const { result } = await run({
    groups: [groupOf('a', 1)],
    programs: { a: waits },
    onEvent: (event, runner) => {
      if (event.type === 'instance-started') runner.lose();
    },
  });
  expect(result.stopped).toEqual({ ending: 'runner-lost', why: 'the engine has gone' });
  expect(reasons(result)).toEqual([expect.stringMatching(/^aborted: how it ended is unknown/)]);
});

test('warns if the runner cannot clean up, and keeps the verdict', async () => {
  const { result, events } = await run({
    groups: [groupOf('a', 1)],
    programs: { a: succeeds },
    cannotReap: true,
  });
  expect(result.outcome).toBe('success');
  const text = 'what instances have left behind could not be ended: the engine does not answer';
  expect(events).toContainEqual({ type: 'notice', level: 'WARN', text });
});

test('judges an instance with an unknown exit status as incomplete although it reported success', async () => {
  const { result } = await run({
    groups: [groupOf('a', 1)],
    programs: { a: async (its) => ({ ...(await succeeds(its)), code: null }) },
  });
  expect(reasons(result)).toEqual(['incomplete: reported success, but its exit status is unknown']);
});

test('warns of limits that the runner doubts, and again if an instance fails', async () => {
  const { events } = await run({
    groups: [groupOf('a', 1)],
    programs: { a: async () => ({ code: 1 }) },
    doubts: ['memory may be short'],
  });
  const warnings = events.flatMap((event) => (event.type === 'notice' ? [event.text] : []));
  expect(warnings.filter((text) => text.includes('memory may be short'))).toHaveLength(2);
});

describe('a network', () => {
  const asks: FakeProgram = async (its) => {
    const inRun = scope(its.env);
    await its.request({ barrier: { state: stateKey(inRun, 'network-initialized'), target: 1 } });
    const payload = { enable: true, default: { latency: 5e6 }, callback_state: 'shaped' };
    await its.request({ publish: { topic: topicKey(inRun, `network:${its.env['HOSTNAME']}`), payload } });
    await its.request({ barrier: { state: stateKey(inRun, 'shaped'), target: 1 } });
    return await succeeds(its);
  };

  test('is shaped by the backend of the runner when an instance requests it', async () => {
    const applied: unknown[] = [];
    const network: NetworkBackend = {
      initialize: () => Promise.resolve(),
      apply: (instance, config) => {
        applied.push([instance, config.default?.latency]);
        return Promise.resolve([]);
      },
    };
    const groups = [groupOf('a', 1, { sidecar: 'apply' })];
    const { result } = await run({ groups, network, programs: { a: asks } });
    expect(result.outcome).toBe('success');
    expect(applied).toEqual([[{ group: 'a', index: 0 }, 5e6]]);
    expect(result.network).toMatchObject({ configured: 1, not_as_asked: 0 });
  });

  test('ends the run if it cannot be initialized, because plans would wait for it forever', async () => {
    const network: NetworkBackend = {
      initialize: () => Promise.reject(new Error('no interface')),
      apply: () => Promise.resolve([]),
    };
    const groups = [groupOf('a', 1, { sidecar: 'apply' })];
    const { result } = await run({ groups, network, programs: { a: asks } });
    expect(result).toMatchObject({
      outcome: 'failure',
      stopped: { ending: 'refused', why: 'the network of a[000] is not ready: no interface' },
    });
  });

  test('fails the run if unapplied=fail and a setting is not applied', async () => {
    const groups = [groupOf('a', 1, { sidecar: 'apply' })];
    const { result } = await run({ groups, programs: { a: asks }, config: { unapplied: 'fail' } });
    expect(result).toMatchObject({
      outcome: 'failure',
      stopped: {
        ending: 'refused',
        why: expect.stringMatching(
          /^\w+\[00\d\] asks for network settings that tg does not apply: latency 5ms \(unapplied=fail\)$/,
        ),
      },
    });
  });
});

test('refuses a builder whose artifacts the runner cannot run', () => {
  const build = { ...groupOf('a', 1).build, builder: 'exec:go' };
  const spec = specOf([groupOf('a', 1, { build })]);
  expect(() => checkAccepted([spec], { ...runnerCatalog, ready: [fakeInfo] })).toThrow(
    'the runner test:fake cannot run what the builder exec:go makes',
  );
  expect(() => checkAccepted([{ ...spec, runner: 'local:exec' }], runnerCatalog)).not.toThrow();
});
