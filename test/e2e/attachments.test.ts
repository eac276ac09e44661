import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sdkPlanWith } from '../support/plans.ts';
import { entriesOf, instanceFile, outputsOf, resultOf, single, someMachine, tg } from '../support/tg.ts';

test('attachments of a plan are in its outputs, the archive, result.json, tg status and the report', async () => {
  const machine = await someMachine();
  const plan = await sdkPlanWith(
    `
      runenv.attach('history.json', '{"term":3}');
      runenv.attach('plots/load.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>');
      (await import('node:fs')).writeFileSync(runenv.params.testOutputsPath + '/trace.dat', 'by a rule');
    `,
    { manifest: '[attachments]\n"*.dat" = { type = "text/plain" }\n' },
  );
  const run = await tg(machine, [...single(plan), '-o', 'archive.tgz']);
  expect(run.code, run.all).toBe(0);
  const archive = await entriesOf(join(machine.cwd, 'archive.tgz'));
  for (const name of ['history.json', 'plots/load.svg', 'trace.dat', 'attachments.out'])
    expect(archive).toContain(`${run.runId}/single/0/${name}`);
  const { attachments } = await resultOf(machine, run.runId);
  expect(attachments).toEqual([
    { group: 'single', index: 0, name: 'history.json', type: 'application/json', bytes: 10 },
    { group: 'single', index: 0, name: 'plots/load.svg', type: 'image/svg+xml', bytes: 41 },
    { group: 'single', index: 0, name: 'trace.dat', type: 'text/plain', bytes: 9 },
  ]);
  const status = (await tg(machine, ['status', run.runId])).stdout;
  expect(status).toMatch(/Attachments:\tsingle\/0\/history\.json \(application\/json, 10 ?B\)\n/);
  expect((await tg(machine, ['report', run.runId, '-o', 'r.html'])).code).toBe(0);
  const page = readFileSync(join(machine.cwd, 'r.html'), 'utf8');
  expect(page).toContain('data:image/svg+xml;base64,');
  expect(page).toContain(String.raw`{\n  \"term\": 3\n}`);
});

test('secrets in attachments are masked', async () => {
  const machine = await someMachine();
  const plan = await sdkPlanWith(
    `runenv.attach('keys.txt', 'the token is ' + runenv.stringParam('token'));
     runenv.attach(runenv.stringParam('token') + '.txt', 'named');
     const { mkdirSync, writeFileSync } = await import('node:fs');
     mkdirSync(runenv.params.testOutputsPath + '/ruled');
     writeFileSync(runenv.params.testOutputsPath + '/ruled/keys.txt', runenv.stringParam('token') + '!');`,
    {
      manifest: '[attachments]\n"ruled/*" = {}\n',
      params: 'token = { type = "string", secret = true }',
    },
  );
  const run = await tg(machine, [...single(plan, '--tp', 'token=hush-hush')]);
  expect(run.code, run.all).toBe(0);
  expect(await instanceFile(machine, run.runId, 0, 'keys.txt')).toBe('the token is *********');
  expect(await instanceFile(machine, run.runId, 0, 'ruled/keys.txt')).toBe('*********!');
  expect(readFileSync(join(await outputsOf(machine, run.runId), 'result.json'), 'utf8')).not.toContain(
    'hush',
  );
  await tg(machine, ['report', run.runId, '-o', 'r.html']);
  expect(readFileSync(join(machine.cwd, 'r.html'), 'utf8')).not.toContain('hush');
});

test('a rule for attachments that leads out of the outputs, or whose type is none, is refused', async () => {
  const machine = await someMachine();
  const manifest = '[attachments]\n"../*" = {}\n"*.x" = { type = "picture" }\n';
  const { code, stderr } = await tg(machine, single(await sdkPlanWith('', { manifest })));
  expect(code).toBe(2);
  expect(stderr).toMatch(/manifest\.toml:\d+:\d+: .*must be a path in the outputs of an instance/);
  expect(stderr).toMatch(/must be a media type, such as image\/png/);
});

test('kv attaches its history, and the operations that are not linearizable', async () => {
  const machine = await someMachine();
  const run = await tg(machine, ['run', 'single', '-p', 'kv', '-t', 'local-reads', '--seed', '1']);
  expect(run.code, run.all).toBe(1);
  const { attachments } = await resultOf(machine, run.runId);
  const [{ index }] = attachments;
  expect(attachments.map(({ name }: { name: string }) => name)).toEqual(['history.json', 'violation.json']);
  const read = async (name: string) => JSON.parse(await instanceFile(machine, run.runId, index, name));
  const [history, violation] = [await read('history.json'), await read('violation.json')];
  expect(history).toHaveLength(500);
  expect(history).toEqual(expect.arrayContaining(violation));
  expect(new Set(violation.map(({ value }: { value: string }) => value)).size).toBeLessThanOrEqual(2);
});
