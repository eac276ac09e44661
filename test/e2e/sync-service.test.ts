import { expect, test } from 'vitest';
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

test('tg sync-service serves until a signal ends it', async () => {
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

test('a port that is taken is one clear error, exit 5', async () => {
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
