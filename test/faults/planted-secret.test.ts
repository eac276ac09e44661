import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { sdkPlanWith } from '../support/plans.ts';
import { single, someMachine, tg } from '../support/tg.ts';

const secret = 'Zq7x-s3cr3t';

/** A plan that writes its secret wherever a plan can write text. */
const code = `
const { token } = runenv.params.testInstanceParams;
const { syncClient, netClient, groupSeq } = init;
const soon = { signal: AbortSignal.timeout(20_000) };
runenv.recordMessage('message ' + token);
runenv.recordStageStart('stage ' + token);
console.log('plain ' + token);
console.log(JSON.stringify({ nested: token }));
console.error('Error: ' + token);
runenv.R().recordPoint('metric-' + token + ',tag=' + token, 1);
runenv.R().counter('counter-' + token).inc(1);
runenv.D().recordPoint('diagnostic-' + token, 1);
await syncClient.signalEntry('state ' + token);
await syncClient.publish('topic ' + token, { token });
// Our own SDK would not send it.
const { hostname } = await import('node:os');
await syncClient.publish('network:' + hostname(), {
  network: 'network ' + token, enable: true, default: { latency: 1000000 },
  rules: [{ subnet: token, latency: 1000000 }], callback_state: 'callback ' + token,
});
await netClient.configureNetwork({ network: 'network ' + token, callbackState: 'no' }, soon)
  .catch((error) => console.error(String(error)));
runenv.recordStageEnd('stage ' + token);
await syncClient.barrier('callback ' + token, 1);
throw new Error('error ' + token);
`;

/** Path and content of every file below a folder. */
function contents(dir: string): (readonly [string, Buffer])[] {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map(({ parentPath, name }) => [join(parentPath, name), readFileSync(join(parentPath, name))]);
}

test('a secret that a plan writes everywhere appears in no output, file, report or archive', {
  timeout: 180_000,
}, async () => {
  const summary = 'summary.md';
  const machine = await someMachine({ GITHUB_ACTIONS: 'true' });
  Object.assign(machine.env, { GITHUB_STEP_SUMMARY: join(machine.cwd, summary) });
  const dir = await sdkPlanWith(code, {
    params: `token = { type = "string", secret = true }\n  url = { type = "string", default = "" }`,
  });
  const flags = [
    ...['--tp', `token=${secret}`, '--tp', `url=http://user:${secret}@host`, '--run-cfg', 'sidecar=noop'],
    ...['--threshold', `metric-${secret}:p95<0`, '--metadata-repo', `repo-${secret}`],
    ...['--junit', 'j.xml', '-O', 'r.csv', '--collect'],
  ];
  const run = await tg(machine, single(dir, ...flags));
  expect(run.code).toBe(1);
  // The plan got as far as its network configuration and its metrics.
  expect(run.stdout).toContain('NOT APPLIED');
  expect(run.stdout).toContain('threshold unknown: p95 of metric-***');
  const { runId } = run;
  const texts: (readonly [string, Buffer | string])[] = [['run', run.all]];
  for (const args of [
    single(dir, ...flags, '--json'),
    single(dir, ...flags, '--dry-run'),
    single(dir, ...flags, '--dry-run', '--json'),
    ...[
      ['status', runId, '--extended'],
      ['status', runId, '--json'],
      ['why', runId],
      ['why', runId, '--json'],
    ],
    ...[['logs', runId], ['tasks'], ['tasks', '--json'], ['metrics', runId], ['metrics', runId, '--json']],
    ...[
      ['metrics', runId, '--csv'],
      ['metrics', runId, '--format', 'influx'],
      ['report', runId, '-o', '-'],
    ],
    ...[
      ['metrics', runId, '--format', 'prometheus'],
      ['metrics', runId, '--format', 'csv'],
    ],
    ...[
      ['compare', runId, 'latest'],
      ['compare', runId, 'latest', '--html', 'c.html'],
      ['rerun', runId],
    ],
    ...[['rerun', runId, '--tp', `token=${secret}`], ['collect', runId, '-o', 'again.tgz'], ['tasks']],
  ])
    texts.push([args.join(' ').slice(0, 40), (await tg(machine, args)).all]);
  await execa('tar', ['xzf', 'again.tgz'], { cwd: machine.cwd });
  // Without what was built from the plan, which belongs to the user.
  const work = join(machine.home, 'data', 'work');
  texts.push(...contents(machine.cwd), ...contents(machine.home).filter(([name]) => !name.startsWith(work)));
  expect(texts.some(([name]) => name.endsWith(summary))).toBe(true);
  expect(texts.filter(([, text]) => text.includes('Zq7x')).map(([name]) => name)).toEqual([]);
});
