import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, onTestFinished, test } from 'vitest';
import { describeWith } from '../support/needs.ts';
import { planWith, sdkPlanWith } from '../support/plans.ts';
import { someRedis, someRedisWith } from '../support/redis.ts';
import {
  type Ended,
  ended,
  type Machine,
  onceSaid,
  single,
  someMachine,
  startTg,
  tg,
} from '../support/tg.ts';

const secret = 's3cr3t';

/**
 * The contents of all files in the home, working directory and temporary folder, except .env.toml; archives are not
 * unpacked.
 */
function kept({ home, cwd, temp }: Machine): string {
  return [home, cwd, temp]
    .filter((dir) => existsSync(dir))
    .flatMap((dir) => {
      const entries = readdirSync(dir, { recursive: true, withFileTypes: true });
      return entries.filter(
        (entry) => entry.isFile() && entry.name !== '.env.toml' && !entry.parentPath.includes('node_modules'),
      );
    })
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1'))
    .join('\n');
}

/** An HTTP server that quotes each request in its answer, as proxies do. */
async function someEcho(status: (path: string) => number) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.url} ${JSON.stringify(request.headers)}`);
    request.resume().on('end', () => {
      response.writeHead(status(request.url ?? '')).end(`cannot ${asked.at(-1)}`);
    });
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return { asked, host: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** Runs tg, and checks that it neither prints nor keeps the secret. */
async function unseen(machine: Machine, args: readonly string[]) {
  const run = await tg(machine, args);
  expectUnseen(machine, run);
  return run;
}

function expectUnseen(machine: Machine, run: Ended): void {
  expect(run.all).not.toContain(secret);
  expect(kept(machine)).not.toContain(secret);
}

/** Writes a line into the section of the runner in the home's .env.toml. */
async function configure({ home }: Machine, line: string): Promise<void> {
  await mkdir(home, { recursive: true });
  await writeFile(join(home, '.env.toml'), `[runners."local:exec"]\n${line}\n`);
}

/** URLs with a secret in each place that can hold one. */
function withSecret(host: string): string[] {
  return [
    `http://me:${secret}@${host}`,
    `http://${secret}:x@${host}`,
    `http://:${secret}@${host}`,
    `http://${host}/${secret}`,
    `http://${host}/?u=me&p=${secret}`,
    `http://${host}/#${secret}`,
  ];
}

const measuring = () => sdkPlanWith(`runenv.R().recordPoint('m', 1);`);

describe('a URL with a secret is neither printed nor kept', () => {
  test('for an InfluxDB that rejects values and quotes the request', async () => {
    const { host } = await someEcho((path) => (path.includes('/query') ? 200 : 400));
    const plan = await measuring();
    for (const url of withSecret(host)) {
      const { code, all } = await unseen(await someMachine(), single(plan, '--influxdb', url, '--json'));
      expect(code).toBe(0);
      expect(all).toContain(`could not be forwarded to http://${host} (status 400: cannot `);
    }
  });

  test('for an InfluxDB that rejects every request: exit 5', async () => {
    const { host, asked } = await someEcho(() => 401);
    const plan = await measuring();
    for (const url of withSecret(host)) {
      const { code, stderr } = await unseen(await someMachine(), single(plan, '--influxdb', url));
      expect(code).toBe(5);
      expect(stderr).toContain(`error: the InfluxDB at http://${host} cannot be used: status 401: cannot `);
    }
    const basic = Buffer.from(`:${secret}`).toString('base64');
    expect(asked.join('\n')).toContain(`"authorization":"Basic ${basic}"`);
    expect(asked.join('\n')).toMatch(/\/query\?q=.*&u=me&p=s3cr3t /);
  });

  test('for a collector that rejects every request', async () => {
    const { host, asked } = await someEcho(() => 400);
    const plan = await planWith('');
    for (const url of withSecret(host)) {
      const { all } = await unseen(await someMachine(), single(plan, '--otlp', url));
      expect(all).toMatch(new RegExp(`spans could not be sent to http://${host} \\(`));
    }
    const basic = Buffer.from(`me:${secret}`).toString('base64');
    expect(asked.join('\n')).toContain(`"authorization":"Basic ${basic}"`);
  });

  test.each([
    ['--sync', `redis://me:${secret}@cache`],
    ['--redis', `redis://me:${secret}/x@cache`],
    ['--redis', `redis://${secret}/x@cache`],
    ['--redis', `redis://cache/0#${secret}`],
    ['--redis', `redis://me:${secret}%ff@cache`],
    ['--redis', `redis-sentinel://:${secret}@cache/m`],
    ['--redis', `redis://me:${secret}@127.0.0.1:1`],
    ['--redis', `redis://127.0.0.1:1?password=${secret}`],
    ['--run-cfg', `redis://me:${secret}@cache`],
    ['--run-cfg', `sidecar=http://${secret}@cache`],
    ['--influxdb', `http://me:${secret}/x@influx`],
    ['--influxdb', `http://${secret}/x@influx`],
    ['--influxdb', `http://me:${secret}%ff@influx`],
    ['--influxdb', `http://me:${secret}@127.0.0.1:1`],
    ['--otlp', `http://${secret}?x@otlp`],
    ['--otlp', `otlp://${secret}@otlp`],
  ])('for a run that is refused: %s %s', async (flag, url) => {
    const { code, stderr } = await unseen(await someMachine(), single('example', '-t', 'output', flag, url));
    expect([2, 5]).toContain(code);
    expect(stderr).toMatch(/^error: /);
  });

  test('in a manifest, with tg describe --json, --dry-run and an error about broken TOML', async () => {
    const sections = [
      `redis = "redis://me:${secret}@cache/1"`,
      `influxdb = "http://me:${secret}@influx/?p=${secret}"`,
      `otlp = "http://otlp/${secret}"`,
    ];
    const plan = await planWith('', { manifest: `[runners."local:exec"]\n${sections.join('\n')}` });
    const machine = await someMachine();
    const { all: described } = await unseen(machine, ['describe', '-p', plan, '--json']);
    expect(described).toContain('"redis":"redis://cache/…"');
    for (const more of [[], ['--json']]) {
      const { all } = await unseen(machine, single(plan, '--dry-run', ...more));
      for (const host of ['cache', 'influx', 'otlp']) expect(all).toMatch(new RegExp(`"${host}"`));
    }
    const broken = await planWith('', {
      manifest: `[runners."local:exec"]\nredis = "redis://me:${secret}@cache`,
    });
    expect((await unseen(machine, single(broken))).stderr).toContain('broken TOML');
  });

  test('in errors about a .env.toml with broken TOML or a wrong type', async () => {
    for (const line of [`redis = "redis://me:${secret}@cache`, `timeout = "redis://me:${secret}@cache"`]) {
      const machine = await someMachine();
      await configure(machine, line);
      const { code, stderr } = await unseen(machine, single('example', '-t', 'output'));
      expect([code, stderr]).toEqual([2, expect.stringContaining('.env.toml')]);
    }
  });
});

describeWith('redis', 'a Redis URL with a password', () => {
  test('works for a run, is neither printed nor kept, and instances do not get the port of that Redis', async () => {
    const port = await someRedisWith('--requirepass', secret);
    const plan = await planWith('console.log(process.env.REDIS_PORT);');
    for (const url of [
      `redis://:${secret}@127.0.0.1:${port}`,
      `redis://127.0.0.1:${port}?password=${secret}`,
    ]) {
      const { code, stdout } = await unseen(await someMachine(), single(plan, '--redis', url));
      expect(code).toBe(0);
      expect(stdout).toContain(`sync service: Redis at redis://127.0.0.1:${port}\n`);
      expect(stdout).not.toMatch(new RegExp(`>> ${port}\n`));
      await unseen(await someMachine({ TG_REDIS_URL: url }), single(plan, '--sync', 'redis', '--collect'));
      const configured = await someMachine();
      await configure(configured, `redis = "${url}"`);
      const its = await unseen(configured, single(plan));
      expect(its.stdout).toContain(`sync service: Redis at redis://127.0.0.1:${port}\n`);
    }
  });

  test('is neither printed nor kept if that Redis goes away during the run: exit 5', async () => {
    const plan = await sdkPlanWith(
      `runenv.recordMessage('there'); await init.syncClient.barrier('never', 1);`,
    );
    for (const urlAt of [
      (port: number) => `redis://:${secret}@127.0.0.1:${port}`,
      (port: number) => `redis://127.0.0.1:${port}?password=${secret}`,
    ]) {
      const port = await someRedisWith('--requirepass', secret);
      const machine = await someMachine();
      const run = startTg(machine, single(plan, '--redis', urlAt(port)));
      await onceSaid(run, 'there');
      await execa('redis-cli', ['-p', String(port), 'shutdown', 'nosave'], {
        env: { REDISCLI_AUTH: secret },
      });
      const its = ended(await run);
      expect([its.code, its.stdout]).toEqual([5, expect.stringContaining('went away')]);
      expectUnseen(machine, its);
      for (const args of [['why'], ['status', '--extended'], ['logs']]) await unseen(machine, args);
    }
  });

  test('is not printed if Redis rejects its user and password: exit 5', async () => {
    const { url } = await someRedis();
    const wrong = url.replace('//', `//johndoe:${secret}@`);
    const { code, stderr } = await unseen(
      await someMachine(),
      single('example', '-t', 'output', '--redis', wrong),
    );
    expect(code).toBe(5);
    expect(stderr).toMatch(/ refuses: WRONGPASS /);
    expect(stderr).not.toContain('johndoe');
  });
});
