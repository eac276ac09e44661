import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { RedisStore } from '../../src/sync/stores/redis-store.ts';
import { barrier } from '../support/barrier.ts';
import { describeWith } from '../support/needs.ts';
import { adminOf, someRedis, someRedisWith } from '../support/redis.ts';
import { folderWith, tempDir } from '../support/temp.ts';
import { single, someMachine, tg } from '../support/tg.ts';

const prefix = 'run:r:';
const never = new AbortController().signal;
const state = `${prefix}plan:p:case:c:states:s`;

/** The error of the store for a Redis that it cannot use, otherwise that it can. */
async function refusalOf(url: string): Promise<string> {
  const opening = RedisStore.open({ url, prefix, expireAfterMs: 60_000, signal: never, warn: () => {} });
  return await opening.then(
    async (store) => {
      await store[Symbol.asyncDispose]();
      return 'it can be used';
    },
    (error) => error.describe(),
  );
}

async function someStore(url: string): Promise<RedisStore> {
  const store = await RedisStore.open({ url, prefix, expireAfterMs: 60_000, signal: never, warn: () => {} });
  onTestFinished(() => store[Symbol.asyncDispose]());
  return store;
}

/** Makes a user with these ACL rules. @returns the URL with its name and password. */
async function someUser(...rules: readonly string[]): Promise<string> {
  const { url } = await someRedis();
  await adminOf(url).call('ACL', 'SETUSER', 'johndoe', 'reset', 'on', '>letmein', ...rules);
  return url.replace('//', '//johndoe:letmein@');
}

const needed = '+ping +incr +get +mget +pexpire +xadd +xlen +xread +del +scan +multi +exec'.split(' ');

describeWith('redis', 'a Redis that tg is given', () => {
  test('works for a user with the needed commands on the keys run:*, and nothing else', async () => {
    const store = await someStore(await someUser('~run:*', 'resetchannels', ...needed));
    const opened = barrier(store, state, 2, never);
    expect([await store.signalEntry(state), await store.signalEntry(state)]).toEqual([1, 2]);
    await opened;
    expect(await store.publish(`${prefix}plan:p:case:c:topics:t`, '1')).toBe(1);
    expect(await store.keys()).toHaveLength(2);
  });

  test('works for a user who may load scripts but not call them', async () => {
    const store = await someStore(await someUser('~*', '+@all', '-evalsha'));
    expect(await store.publish(`${prefix}plan:p:case:c:topics:t`, '1')).toBe(1);
  });

  test.each([
    ['all but three commands', ['~run:*', ...needed, '-xadd', '-xlen', '-pexpire'], 'PEXPIRE, XADD, XLEN'],
    ['neither transactions nor scripts', ['~run:*', ...needed, '-multi', '-exec'], 'MULTI and EXEC'],
    ['other keys only', ['~other:*', '+@all'], 'MGET, INCR, .* on keys that begin with run:'],
    ['no command except AUTH', ['~*', '-@all', '+auth'], 'PING'],
  ])('lists missing commands, but no user name, if the user may use %s', async (_, rules, missing) => {
    const said = await refusalOf(await someUser(...rules));
    expect(said).toMatch(
      new RegExp(
        `^the Redis at redis://127\\.0\\.0\\.1:\\d+ does not allow its user commands that a run needs: ${missing}\n  Allow `,
      ),
    );
    expect(said).not.toMatch(/johndoe|letmein/);
  });

  test('reports a wrong or missing password, and accepts one that is not needed', async () => {
    const { url } = await someRedis();
    expect(await refusalOf(url.replace('//', '//johndoe:letmein@'))).toMatch(/ refuses: WRONGPASS /);
    expect(await refusalOf(url.replace('//', '//:letmein@'))).toBe('it can be used');
    const guarded = await someRedisWith('--requirepass', 'letmein');
    expect(await refusalOf(`redis://127.0.0.1:${guarded}`)).toMatch(/ refuses: NOAUTH /);
    expect(await refusalOf(`redis://:letmein@127.0.0.1:${guarded}`)).toBe('it can be used');
    expect(await refusalOf(`redis://127.0.0.1:${guarded}/?password=letmein`)).toBe('it can be used');
  });

  test('is refused with the reason if it is in cluster mode', async () => {
    const port = await someRedisWith('--cluster-enabled', 'yes');
    const url = `redis://127.0.0.1:${port}`;
    const words = /^the Redis at \S+ is in cluster mode, which tg cannot use: /;
    expect(await refusalOf(url)).toMatch(words);
    const admin = adminOf(url);
    await admin.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    while (!String(await admin.call('CLUSTER', 'INFO')).includes('cluster_state:ok'));
    expect(await refusalOf(url)).toMatch(words);
  });

  test('is refused with the reason if it is a Sentinel', async () => {
    const { url } = await someRedis();
    const monitored = `sentinel monitor m 127.0.0.1 ${new URL(url).port} 1\n`;
    const file = join(await folderWith({ 'sentinel.conf': monitored }), 'sentinel.conf');
    const port = await someRedisWith(file, '--sentinel');
    expect(await refusalOf(`redis://127.0.0.1:${port}`)).toMatch(
      /^the Redis at \S+ holds no data: it is a Sentinel, .*\n {2}Name the master itself: /,
    );
  });

  test('is refused with the reason if it is a read-only replica', async () => {
    const { url } = await someRedis();
    const replica = await someRedisWith('--replicaof', '127.0.0.1', new URL(url).port);
    const admin = adminOf(`redis://127.0.0.1:${replica}`);
    while (!(await admin.info('replication')).includes('master_link_status:up'));
    expect(await refusalOf(`redis://127.0.0.1:${replica}`)).toMatch(
      /^the Redis at \S+ is a read-only replica\n/,
    );
  });

  test('is refused with the reason if SCAN was renamed away', async () => {
    const port = await someRedisWith('--rename-command', 'SCAN', '');
    expect(await refusalOf(`redis://127.0.0.1:${port}`)).toMatch(
      / does not allow its user commands that a run needs: SCAN\n/,
    );
  });

  test('is refused with the reason while it is loading, or if it has no streams', async () => {
    expect(await refusalOf(await answering('-LOADING Redis is loading the dataset in memory'))).toMatch(
      /^the Redis at \S+ is still loading its data\n/,
    );
    expect(await refusalOf(await answering("-ERR unknown command 'XADD'"))).toMatch(
      /^the Redis at \S+ does not support streams \(XADD\)\n {2}tg needs Redis 5 or later\.$/,
    );
  });
});

describeWith('redis', 'a private Redis', () => {
  test('listens on 127.0.0.1, keeps nothing on disk, and removes its folder at the end', async () => {
    const redis = await someRedis();
    const admin = adminOf(redis.url);
    const setting = async (name: string) => ((await admin.config('GET', name)) as string[])[1] ?? '';
    expect(await Promise.all(['bind', 'save', 'appendonly'].map(setting))).toEqual(['127.0.0.1', '', 'no']);
    const dir = await setting('dir');
    await admin.set('a', 'b');
    expect(readdirSync(dir)).toEqual([]);
    await redis[Symbol.asyncDispose]();
    expect(existsSync(dir)).toBe(false);
  });
});

describeWith('openssl', 'a Redis with TLS', () => {
  test('works with rediss:// and a trusted certificate; an untrusted one and a missing s in the URL get a hint', async () => {
    const dir = await tempDir();
    const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
    const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-days',
        '2',
        '-keyout',
        key,
        '-out',
        cert,
        ...subject,
      ],
      { stdio: 'ignore' },
    );
    const tls = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert];
    const port = await someRedisWith(...tls, '--tls-auth-clients', 'no');
    const url = `rediss://127.0.0.1:${port}`;
    expect(await refusalOf(url)).toMatch(
      /^no Redis answers at rediss:\S+: .*certificate.*\n {2}Node does not trust its certificate: .*NODE_EXTRA_CA_CERTS .*\.$/,
    );
    const machine = await someMachine({ NODE_EXTRA_CA_CERTS: cert });
    const { code, stdout } = await tg(machine, single('example', '-t', 'output', '--redis', url));
    expect(stdout).toContain(`sync service: Redis at ${url}\n`);
    expect(code).toBe(0);
    const { url: plain } = await someRedis();
    expect(await refusalOf(plain.replace('redis:', 'rediss:'))).toMatch(
      /write redis:\/\/ instead of rediss:\/\/ if it does not use TLS/,
    );
    expect(await refusalOf(url.replace('rediss:', 'redis:'))).toMatch(/ If it requires TLS, write rediss:/);
  });
});

/** A server with the same answer to every command. @returns its URL. */
async function answering(reply: string): Promise<string> {
  const server = createServer((socket) => {
    socket
      .on('error', () => {})
      .on('data', (data) => {
        const commands = data.toString('latin1').match(/(^|\r\n)\*\d+\r\n/g) ?? [];
        const isPing =
          data.toString('latin1').toLowerCase().includes('ping') && !reply.startsWith('-LOADING');
        socket.write(
          commands
            .map(() => (isPing ? '+PONG' : reply))
            .join('\r\n')
            .concat('\r\n'),
        );
      });
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
