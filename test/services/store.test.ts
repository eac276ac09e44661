import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { describeWith } from '../support/needs.ts';
import { sdkPlanWith } from '../support/plans.ts';
import { adminOf, someRedis } from '../support/redis.ts';
import {
  ended,
  idOnceSaid,
  instanceFile,
  onceSaid,
  single,
  someMachine,
  startTg,
  tg,
  verdictsOf,
} from '../support/tg.ts';

const plan = () =>
  sdkPlanWith(
    `runenv.recordMessage('there');
     await init.syncClient.signalAndWait('said', runenv.testInstanceCount);
     runenv.recordMessage('all are there');
     await init.syncClient.barrier('never', 1);`,
  );

describeWith('redis', 'a run with a Redis', () => {
  test('exits 5 with one clear error if no Redis answers at the start', async () => {
    const redis = await someRedis();
    await redis[Symbol.asyncDispose]();
    const machine = await someMachine({ TG_REDIS_URL: redis.url.replace('//', '//me:secret@') });
    const { code, stderr, all } = await tg(machine, single('example', '-t', 'output', '--sync', 'redis'));
    expect(code).toBe(5);
    expect(stderr).toMatch(
      /^error: no Redis answers at redis:\/\/127\.0\.0\.1:\d+.*: connect ECONNREFUSED.*\n {2}Start it, /,
    );
    expect(all).not.toContain('secret');
  });

  test('ends with exit 5, says why and keeps the outputs if the Redis goes away during the run', async () => {
    const redis = await someRedis();
    const machine = await someMachine();
    const run = startTg(machine, single(await plan(), '-i', '2', '--redis', redis.url));
    await onceSaid(run, 'all are there');
    await redis[Symbol.asyncDispose]();
    const { code, stdout, runId } = ended(await run);
    expect(code).toBe(5);
    expect(stdout).toMatch(
      /WARN\tending the run: the sync store, Redis at redis:.*, went away: the connection was closed/,
    );
    for (const verdict of await verdictsOf(machine, runId)) expect(verdict).toMatch(/went away/);
    expect(await instanceFile(machine, runId, 1, 'run.out')).toContain('there');
  });

  test('ends with exit 5 if the Redis freezes, even if the plan ignores SIGTERM', async () => {
    const redis = await someRedis();
    const admin = new Redis(redis.url);
    const pid = Number(/process_id:(\d+)/.exec(await admin.info('server'))?.[1]);
    admin.disconnect();
    const machine = await someMachine();
    const stubborn = await sdkPlanWith(`process.on('SIGTERM', () => {});
      runenv.recordMessage('there');
      await init.syncClient.barrier('never', 1);`);
    const run = startTg(machine, single(stubborn, '--redis', redis.url));
    await onceSaid(run, 'there');
    process.kill(pid, 'SIGSTOP');
    const { code, stdout } = ended(await run);
    expect(code).toBe(5);
    expect(stdout).toMatch(/went away: no answer in 2500 ms/);
  });

  test.each([
    ['terminate', (runId: string) => ['terminate', runId]],
    ['prune', () => ['prune', '--older-than', '0s', '--yes']],
  ])(
    'leaves keys that expire within a day after kill -9 of tg; tg %s removes them at once',
    async (_, command) => {
      const { url } = await someRedis();
      const admin = adminOf(url);
      const machine = await someMachine();
      const run = startTg(machine, single(await plan(), '-i', '2', '--redis', url));
      const runId = await idOnceSaid(run, 'all are there');
      run.kill('SIGKILL');
      await run;
      const keys = await admin.keys(`run:${runId}:*`);
      expect(keys.length).toBeGreaterThan(1);
      for (const key of keys) expect(await admin.ttl(key)).toBeGreaterThan(86_400 - 600);
      for (const key of keys) expect(await admin.ttl(key)).toBeLessThanOrEqual(86_400);
      await admin.set('mine', '1');
      const { env } = machine;
      expect((await tg({ ...machine, env: { ...env, TG_REDIS_URL: url } }, command(runId))).code).toBe(0);
      expect(await admin.keys('*')).toEqual(['mine']);
    },
  );

  test('uses the Redis of the home’s configuration, unless a flag overrides it', async () => {
    const { url } = await someRedis();
    const machine = await someMachine();
    await tg(machine, single('example', '-t', 'output'));
    await writeFile(join(machine.home, '.env.toml'), `[runners."local:exec"]\nredis = "${url}"\n`);
    const chosen = await tg(machine, single('example', '-t', 'output'));
    expect(chosen.stdout).toContain(`sync service: Redis at ${url}`);
    const flag = await tg(machine, single('example', '-t', 'output', '--sync', 'memory'));
    expect(flag.stdout).toContain('sync service: in memory');
  });

  test('exits 5 and says so if redis-server is not on PATH', async () => {
    const machine = await someMachine({ PATH: '/nowhere' });
    const { code, stderr } = await tg(machine, single('example', '-t', 'output', '--sync', 'redis'));
    expect(code).toBe(5);
    expect(stderr).toMatch(/^error: --sync redis needs a Redis, and redis-server is not on PATH\n/);
    expect(await readdir(machine.temp)).toEqual([]);
  });
});
