import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { codeOf, TgError } from '../errors.ts';

/** A Redis of our own: on loopback, on a free port, nothing on disk, gone when disposed of. */
export interface PrivateRedis extends AsyncDisposable {
  readonly url: string;
}

const attempts = 5;

/**
 * Starts the `redis-server` found on PATH and waits until it takes connections.
 * @throws TgError (environment) when there is none, or it does not start; with its own words.
 */
export async function startPrivateRedis(): Promise<PrivateRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'tg-redis-'));
  try {
    for (let attempt = 1; ; attempt++) {
      const port = await freePort();
      const server = launch(port, folder);
      const said = await untilReady(server.stdout);
      if (said === 'ready') {
        // Nobody reads its log any more, and a full pipe would stop it.
        server.stdout.resume();
        return privateRedis(port, folder, server);
      }
      const { cause } = await server;
      if (codeOf(cause) === 'ENOENT') throw missing();
      // Somebody may take the free port before Redis does: then another one.
      if (!said.includes('Address already in use') || attempt === attempts) throw doesNotStart(said);
    }
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

function launch(port: number, folder: string) {
  const quiet = ['--save', '', '--appendonly', 'no', '--dir', folder, '--daemonize', 'no', '--logfile', ''];
  return execa('redis-server', ['--port', String(port), '--bind', '127.0.0.1', ...quiet], {
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'ignore',
    buffer: false,
    reject: false,
    // Its own process group: a Ctrl-C in the terminal is for tg, which then ends the run before its store.
    detached: true,
    cleanup: true,
  });
}

function privateRedis(port: number, folder: string, server: ReturnType<typeof launch>): PrivateRedis {
  return {
    url: `redis://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.kill('SIGKILL');
      await server;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** `ready`, or all that the server said before it ended. */
async function untilReady(stdout: NodeJS.ReadableStream): Promise<string> {
  const said: string[] = [];
  for await (const line of createInterface({ input: stdout })) {
    if (line.includes('Ready to accept connections')) return 'ready';
    said.push(line);
  }
  return said.join('\n');
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise<void>((resolve, reject) => probe.once('listening', resolve).once('error', reject));
  const address = probe.address();
  await new Promise<void>((resolve) => {
    probe.close(() => resolve());
  });
  if (address === null || typeof address === 'string') throw new Error('a TCP listener has a port');
  return address.port;
}

function missing(): TgError {
  return new TgError('environment', '--sync redis needs a Redis, and there is no redis-server on PATH', {
    hint: 'Install one, name one with --redis redis://host:port (or TG_REDIS_URL), or leave --sync redis out.',
  });
}

function doesNotStart(said: string): TgError {
  return new TgError('environment', 'the private redis-server does not start', {
    hint: said.trim() || 'It said nothing.',
  });
}
