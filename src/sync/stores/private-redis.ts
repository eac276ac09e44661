import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { freePort } from '../../os/free-port.ts';
import { makeTempFolder } from '../../os/temp-folder.ts';
import { messageOf, TgError } from '../../util/errors.ts';
import { withTimeout } from '../../util/with-timeout.ts';

/** A private Redis on a free loopback port, without persistence. It ends when disposed of, or when tg dies. */
export interface PrivateRedis extends AsyncDisposable {
  readonly url: string;
}

const attempts = 5;
/** How long, in ms, the server may take until it accepts connections. */
const timeoutMs = 10_000;
/** The exit status of the shell below if redis-server is not installed. */
const missingStatus = 127;

/**
 * Runs the server until stdin closes: tg closes it, or dies. The server has its own process group: a Ctrl-C in the
 * terminal is for tg, which ends the run before its store.
 */
const guardedServer = `
folder=$1; shift
command -v redis-server >/dev/null || exit ${missingStatus}
redis-server "$@" & server=$!
exec >&-
cat >/dev/null
kill -9 "$server"
wait "$server"
rm -rf -- "$folder"
`;

/**
 * Starts the `redis-server` found on PATH and waits until it accepts connections.
 * @throws TgError (environment) when it is not installed or does not start; includes its output.
 */
export async function startPrivateRedis(signal: AbortSignal): Promise<PrivateRedis> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const folder = makeTempFolder('redis');
    const server = launch(port, folder);
    const end = async () => {
      server.stdin.end();
      const { exitCode } = await server;
      await rm(folder, { recursive: true, force: true });
      return exitCode;
    };
    const said = await withTimeout(timeoutMs, signal, () => untilReady(server.stdout)).catch(messageOf);
    if (said === 'ready') {
      // Drains the log: a full pipe would block the server.
      server.stdout.resume();
      return { url: `redis://127.0.0.1:${port}`, [Symbol.asyncDispose]: async () => void (await end()) };
    }
    if ((await end()) === missingStatus) throw missing();
    // Another process may take the free port before Redis does; then retry with another port.
    if (!said.includes('Address already in use') || attempt === attempts) throw doesNotStart(said);
  }
}

function launch(port: number, folder: string) {
  const quiet = ['--save', '', '--appendonly', 'no', '--dir', folder, '--daemonize', 'no', '--logfile', ''];
  const options = ['--port', String(port), '--bind', '127.0.0.1', ...quiet];
  return execa('/bin/sh', ['-c', guardedServer, 'sh', folder, ...options], {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'ignore',
    buffer: false,
    reject: false,
    detached: true,
  });
}

/** Returns `ready`, or the server's output if it exits first. */
async function untilReady(stdout: NodeJS.ReadableStream): Promise<string> {
  const said: string[] = [];
  for await (const line of createInterface({ input: stdout })) {
    if (line.includes('Ready to accept connections')) return 'ready';
    said.push(line);
  }
  return said.join('\n');
}

function missing(): TgError {
  return new TgError('environment', '--sync redis needs a Redis, and redis-server is not on PATH', {
    hint: 'Install one, name one with --redis redis://host:port (or TG_REDIS_URL), or leave --sync redis out.',
  });
}

function doesNotStart(said: string): TgError {
  return new TgError('environment', 'the private redis-server does not start', {
    hint: said.trim() || 'It printed nothing.',
  });
}
