import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { Redis } from 'ioredis';
import { onTestFinished } from 'vitest';
import { freePort } from '../../src/os/free-port.ts';
import { type PrivateRedis, startPrivateRedis } from '../../src/sync/stores/private-redis.ts';
import { tempDir } from './temp.ts';

/** A Redis for one test, in the role of an external one; ended when the test has finished. */
export async function someRedis(): Promise<PrivateRedis> {
  const redis = await startPrivateRedis(new AbortController().signal);
  onTestFinished(() => redis[Symbol.asyncDispose]());
  return redis;
}

/** What a redis-server or a Sentinel prints once it is ready. */
const readyWords = /Ready to accept connections|Sentinel ID is/;

/**
 * Starts a redis-server with the given options; ended when the test has finished.
 * @param options of the command line, in addition to the port; a configuration file comes first.
 * @returns the port.
 */
export async function someRedisWith(...options: readonly string[]): Promise<number> {
  const port = await freePort();
  const dir = await tempDir();
  const common = ['--bind', '127.0.0.1', '--dir', dir];
  const server = execa('redis-server', [...options, ...common, ...portOf(options, port)], {
    stdin: 'ignore',
    buffer: false,
    reject: false,
  });
  onTestFinished(async () => {
    server.kill('SIGKILL');
    await server;
  });
  for await (const line of createInterface({ input: server.stdout })) {
    if (!readyWords.test(line)) continue;
    server.stdout.resume();
    return port;
  }
  throw new Error(`redis-server ${options.join(' ')} does not start`);
}

function portOf(options: readonly string[], port: number): string[] {
  return options.includes('--tls-cert-file')
    ? ['--port', '0', '--tls-port', String(port)]
    : ['--port', String(port)];
}

/** A client with all permissions on a Redis; disconnected when the test has finished. */
export function adminOf(url: string): Redis {
  const admin = new Redis(url);
  onTestFinished(() => admin.disconnect());
  return admin;
}
