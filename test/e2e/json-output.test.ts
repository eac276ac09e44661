import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { sdkPlanWith } from '../support/plans.ts';
import { type Machine, root, single, someMachine, tg } from '../support/tg.ts';
import { until } from '../support/until.ts';

/** What `--json` prints, against the schemas that ship. */

let machine: Machine;
let failed: string;
let passed: string;

beforeAll(async () => {
  machine = await someMachine();
  const hangs = await sdkPlanWith(
    `if (init.globalSeq === 1) throw new Error('boom');
     await init.syncClient.barrier('never', 2);`,
  );
  const records = await sdkPlanWith(`
    for (let value = 0; value < 20; value++) runenv.R().recordPoint('latency', value);
    runenv.R().timer('rtt').update(1e6);
    await init.netClient.configureNetwork({
      network: 'default', enable: true, default: { latency: 1e8 }, callbackState: 'shaped', callbackTarget: 1,
    });
  `);
  await writeFile(
    join(machine.cwd, 'c.toml'),
    `global = { plan = "${records}", case = "t", builder = "exec:node", runner = "local:exec" }
     groups = [
       { id = "a", instances = { count = 2 }, resources = { memory = "1Gi" }, run = { test_params = { x = "1" } },
         build = { dependencies = [{ module = "m", version = "1.0.0" }] } },
       { id = "b", instances = { count = 1 }, expect = "failure", build_config = { enabled = true } },
     ]`,
  );
  failed = (await tg(machine, single(hangs, '-i', '2'))).runId;
  passed = (await tg(machine, single(records, '--collect'))).runId;
});

const shipped = (name: string) =>
  z.fromJSONSchema(JSON.parse(readFileSync(join(root, 'schemas', `${name}.schema.json`), 'utf8')));

test('passed and failed runs are there to be described', () => {
  expect([failed, passed]).not.toContain('');
});

describe.each([
  ['status', 'status', () => [failed]],
  ['why', 'why', () => [failed]],
  ['why', 'why', () => [passed]],
  ['metrics', 'metrics', () => [passed]],
  ['compare', 'compare', () => [passed, failed]],
  ['dry-run', 'rerun', () => [passed, '--dry-run']],
  ['dry-run', 'describe', () => ['-f', 'c.toml']],
])('schemas/%s.schema.json', (schema, command, args) => {
  test(`accepts what tg ${command} --json prints`, async () => {
    const { stdout, code, stderr } = await tg(machine, [command, ...args(), '--json']);
    expect([code, stderr]).toEqual([0, '']);
    const data = JSON.parse(stdout);
    expect(shipped(schema).parse(data)).toEqual(data);
  });
});

test('schemas/detached.schema.json accepts what --detach --json prints', async () => {
  const { stdout, code } = await tg(machine, ['rerun', passed, '--detach', '--json']);
  expect(code).toBe(0);
  const data = JSON.parse(stdout);
  expect(shipped('detached').parse(data)).toEqual(data);
  await until(async () => (await tg(machine, ['status', data.run_id])).stdout.includes('complete'));
});

test('why --json has the stall snapshot, the reason for abandoning the run, and every instance that did not pass', async () => {
  const { stdout } = await tg(machine, ['why', failed, '--json']);
  expect(JSON.parse(stdout)).toMatchObject({
    version: 2,
    state: 'complete',
    outcome: 'failure',
    abandoned: expect.stringContaining('boom'),
    stalled: { snapshot: { waits: [{ kind: 'barrier', name: 'never', target: 2 }] } },
    not_passed: expect.arrayContaining([
      expect.stringMatching(/^\w+\[\d+\] failed: boom$/),
      expect.stringMatching(/^\w+\[\d+\] aborted: /),
    ]),
  });
});

test('each line of tasks --json matches schemas/status.schema.json', async () => {
  const { stdout } = await tg(machine, ['tasks', '--json']);
  const records = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(records.length).toBeGreaterThanOrEqual(2);
  for (const record of records) expect(shipped('status').parse(record)).toEqual(record);
});
