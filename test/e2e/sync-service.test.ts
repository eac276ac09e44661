import { expect, onTestFinished, test } from 'vitest';
import { describeWith } from '../support/needs.ts';
import { adminOf, someRedisWith } from '../support/redis.ts';
import { respClient } from '../support/resp-client.ts';
import { rawClient } from '../support/sync-service.ts';
import { ended, someMachine, startTg, tg } from '../support/tg.ts';

async function addressOf(
  run: ReturnType<typeof startTg>,
): Promise<{ host: string; port: number; said: string }> {
  let said = '';
  for await (const chunk of run.stdout.iterator({ destroyOnReturn: false })) {
    said += chunk;
    const match = /SYNC_SERVICE_HOST=(\S+) SYNC_SERVICE_PORT=(\d+)\n.*\n/.exec(said);
    if (match !== null) return { host: match[1] ?? '', port: Number(match[2]), said };
  }
  throw new Error(`it said no address: ${said}`);
}

test('tg sync-service serves both protocols until a signal ends it', async () => {
  const run = startTg(await someMachine(), ['sync-service', '--port', '0']);
  const { host, port, said } = await addressOf(run);
  expect(said).toBe(
    `sync service (in memory) at ws://127.0.0.1:${port}\n  export SYNC_SERVICE_HOST=127.0.0.1 SYNC_SERVICE_PORT=${port}\n  export REDIS_HOST=127.0.0.1 REDIS_PORT=${port}\n`,
  );
  const client = await rawClient({ host, port });
  client.send('{"id":"1","signal_entry":{"state":"run:x:plan:p:case:c:states:s"}}');
  expect(JSON.parse(await client.next())).toMatchObject({ id: '1', signal_entry: { seq: 1 } });
  const old = await respClient({ host, port });
  old.send('INCR', 'run:x:plan:p:case:c:states:s');
  expect(await old.lines(1)).toEqual([':2']);
  run.kill('SIGTERM');
  expect(ended(await run).code).toBe(143);
});

test('tg sync-service exits 5 with one error if the port is in use', async () => {
  const run = startTg(await someMachine(), ['sync-service', '--port', '0']);
  const { port } = await addressOf(run);
  const second = await tg(await someMachine(), ['sync-service', '--port', String(port)]);
  expect(second.code).toBe(5);
  expect(second.stderr).toBe(
    `error: the sync service cannot listen on 127.0.0.1:${port}: listen EADDRINUSE: address already in use 127.0.0.1:${port}\n  Choose an address of this machine and a free port; --port 0 takes any.\n`,
  );
  run.kill('SIGINT');
  expect(ended(await run).code).toBe(130);
});

describeWith('redis', 'tg sync-service in front of a Redis that others use too', () => {
  const [state, topic] = ['run:r:plan:p:case:c:states:s', 'run:r:plan:p:case:c:topics:t'];
  const theirs = ['secrets', 'run:secrets', 'run:r:plan:p:other', 'plan:p:case:c:states:s', ''];

  /** A Redis with a password and keys of others, and the sync service in front of it. */
  async function someGuarded() {
    const port = await someRedisWith('--requirepass', 'letmein');
    const admin = adminOf(`redis://:letmein@127.0.0.1:${port}`);
    for (const key of theirs) await admin.set(key, 'letmeout');
    const run = startTg(await someMachine(), [
      ...['sync-service', '--port', '0', '--redis', `redis://127.0.0.1:${port}/?password=letmein`],
    ]);
    onTestFinished(async () => {
      run.kill('SIGTERM');
      await run;
    });
    return { admin, redisPort: port, ...(await addressOf(run)) };
  }

  test('serves only keys of runs over WebSocket', async () => {
    const { admin, host, port } = await someGuarded();
    const client = await rawClient({ host, port });
    const asks = (key: string) => [
      { publish: { topic: key, payload: 1 } },
      { subscribe: { topic: key } },
      { barrier: { state: key, target: 1 } },
      { barrier: { state: key, target: 0 } },
      { signal_entry: { state: key } },
    ];
    for (const ask of theirs.flatMap(asks)) {
      client.send(JSON.stringify({ id: '1', ...ask }));
      const { error } = JSON.parse(await client.next());
      expect(error).toMatch(/^the key ".*" is not a key of a run: those are run:<run>:plan:/);
    }
    expect(await Promise.all(theirs.map((key) => admin.get(key)))).toEqual(theirs.map(() => 'letmeout'));
    for (const [key, seq] of [[state, 1] as const, ['run::plan::case::states:', 1] as const]) {
      client.send(JSON.stringify({ id: '2', signal_entry: { state: key } }));
      expect(JSON.parse(await client.next())).toMatchObject({ error: '', signal_entry: { seq } });
    }
  });

  test('serves only keys of runs over the Redis protocol', async () => {
    const { admin, host, port } = await someGuarded();
    const old = await respClient({ host, port });
    const asks = (key: string) => [
      ['INCR', key],
      ['GET', key],
      ['MGET', state, key],
      ['XADD', key, '*', 'p', '1'],
      ['XLEN', key],
      ['XREAD', 'STREAMS', topic, key, '0', '0'],
      ['DEL', state, key],
      ['OBJECT', 'IDLETIME', key],
    ];
    for (const ask of theirs.flatMap(asks)) {
      old.send(...ask);
      expect(await old.lines(1)).toEqual([
        expect.stringMatching(/^-ERR the key ".*" is not a key of a run: /),
      ]);
    }
    expect(await Promise.all(theirs.map((key) => admin.get(key)))).toEqual(theirs.map(() => 'letmeout'));
    old.send('INCR', state);
    old.send('SCAN', '0');
    expect(await old.lines(6)).toEqual([':1', '*2', '$1', '0', '*1', `$${state.length}`]);
    for (const command of ['FLUSHALL', 'KEYS', 'CONFIG', 'EVAL', 'SELECT', 'AUTH', 'SET', 'RENAME']) {
      const client = await respClient({ host, port });
      client.send(command, '*', '1');
      expect(await client.lines(1)).toEqual([expect.stringContaining(`unknown command '${command}'`)]);
    }
    expect(await admin.dbsize()).toBe(theirs.length + 1);
  });

  test('points old SDKs to itself, not to that Redis, and prints no password', async () => {
    const { said, port, redisPort } = await someGuarded();
    expect(said).toBe(
      `sync service (Redis at redis://127.0.0.1:${redisPort}) at ws://127.0.0.1:${port}\n  export SYNC_SERVICE_HOST=127.0.0.1 SYNC_SERVICE_PORT=${port}\n  export REDIS_HOST=127.0.0.1 REDIS_PORT=${port}\n`,
    );
  });
});
