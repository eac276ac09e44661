import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readJournalLine } from '../../src/history/events.ts';
import { readRecord } from '../../src/history/record.ts';
import { bundleIn } from '../../src/run/bundle/bundle.ts';
import { lackedSomething } from '../../src/run/verdict/result.ts';
import { resultSchema } from '../../src/run/verdict/result-schema.ts';
import { tempDir } from '../support/temp.ts';

// Files as tg 0.1 wrote them: keys in camelCase, and processes as bare PIDs.

const group = {
  ...{ id: 'single', of: 'single', role: '', instances: 2, artifact: null, sidecar: 'strict' },
  build: {
    ...{ builder: 'exec:node', config: { some_key: 'x' }, selectors: [] },
    ...{ dependencies: [], linkSdk: null, coverage: false },
  },
  ...{ params: { some_param: '1', otherParam: '2' }, secrets: [], profiles: {}, expect: 'success' },
  origins: { instances: '--instances', builder: '', buildConfig: {}, params: {}, profiles: {} },
};

const spec = {
  ...{ runId: '00d23sg7usnl2fqgqnqa', name: 'default', testCase: 't', runner: 'local:exec' },
  plan: { name: 'p', dir: '/p', sdk: null },
  groups: [group],
  totalInstances: 2,
  seed: '1',
  config: {
    ...{ timeoutMs: 1_000, stallAfterMs: 30_000, maxOutput: null, sidecar: 'strict', influxdb: null },
    sync: { store: 'memory' },
    exposedPorts: ['HTTP_PORT'],
  },
  ...{ configOrigins: {}, refused: null, disableMetrics: false, notes: [] },
  metadata: { repo: '', branch: '', commit: '' },
};

const at = '2026-11-24T05:44:18.119Z';

/** A stall snapshot in which each instance has these fields besides its name. */
const snapshotWith = (described: object) => ({
  ...{ running: 2, more_waits: 0, elsewhere: 'single[1]' },
  waits: [
    {
      ...{ kind: 'barrier', name: 'ready', count: 1, target: 2, for_ms: 900, waiting: 'single[0]' },
      ...{ missing: 'single[1]', absent: [{ group: 'single', index: 1, ...described }] },
    },
  ],
  busy: [{ group: 'single', index: 1, ...described }],
});

test('reads the first record of a journal', async () => {
  const dir = join(await tempDir(), spec.runId);
  mkdirSync(dir);
  const kept = { ...spec, config: { ...spec.config, sync: 'memory' } };
  const owner = { pid: 1_234_567, startTicks: '1', boot: 'b' };
  writeFileSync(
    join(dir, 'journal.ndjson'),
    `${JSON.stringify({ at, type: 'run-queued', owner, spec: kept })}\n`,
  );
  expect(await readRecord(dir)).toMatchObject({
    ...{ runId: spec.runId, plan: 'p', case: 't', instances: 2, store: 'memory', state: 'interrupted' },
    owner: { pid: 1_234_567 },
  });
});

test.each([
  [
    {
      type: 'instance-started',
      instance: { group: 'single', index: 1 },
      process: { pid: 7, startTicks: '1' },
    },
    { instance: { group: 'single', index: 1 } },
  ],
  [
    { type: 'network-configured', instance: null, notApplied: ['loss 1%'], refused: false },
    { notApplied: ['loss 1%'] },
  ],
  [{ type: 'stopping', stop: { ending: 'launcher-lost', why: 'w' } }, { stop: { why: 'w' } }],
  [
    { type: 'given-up', why: 'w', instances: [] },
    { type: 'abandoned', why: 'w' },
  ],
  [
    { type: 'stalled', forMs: 1_000, told: true, standing: snapshotWith({ words: 'works' }) },
    { type: 'stalled', forMs: 1_000, reported: true, snapshot: snapshotWith({ text: 'works' }) },
  ],
])('reads other records of a journal: %j', (record, read) => {
  expect(readJournalLine(JSON.stringify({ at, ...record }))).toMatchObject(read);
});

test('run.json: converts sidecar=strict and exposed ports, and keeps the names of parameters', () => {
  const bundle = bundleIn(() => JSON.stringify({ version: 1, spec, env: [], artifacts: {} }), 'run.json');
  expect(bundle.spec).toMatchObject({
    config: { timeoutMs: 1_000, sidecar: 'noop', unapplied: 'fail', runner: { exposed_ports: ['HTTP'] } },
    groups: [
      {
        sidecar: 'noop',
        params: { some_param: '1', otherParam: '2' },
        build: { config: { some_key: 'x' } },
      },
    ],
  });
});

test.each([
  ['launcher-lost', true],
  ['given-up', false],
])('result.json: reads the ending %s; whether the run lacked something: %j', (ending, lacked) => {
  const result = {
    ...{ version: 1, run_id: spec.runId, name: 'default', plan: 'p', case: 't', seed: '1' },
    ...{ outcome: 'failure', error: null, network: null, instances: 2, counts: { aborted: 2 } },
    ...{ groups: [], thresholds: [], started: at, ended: at, duration_ms: 0 },
    stopped: { ending, why: 'w' },
  };
  expect(lackedSomething(resultSchema.parse(result))).toBe(lacked);
});
