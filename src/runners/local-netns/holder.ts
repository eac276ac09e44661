import { type ChildProcess, spawn } from 'node:child_process';
import { Server } from 'node:net';
import { ownFiles } from '../../os/own-package.ts';
import { deferred } from '../../util/deferred.ts';
import { messageOf, TgError } from '../../util/errors.ts';
import { withTimeout } from '../../util/with-timeout.ts';
import { Launcher } from '../process/launch/launcher.ts';
import { servicePorts } from './service-ports.ts';

/** How long, in ms, the holder may take to start. */
const startsWithin = 20_000;
/**
 * Options of unshare(1): as root, without a user namespace, in which root would own only its own files; in one as any
 * other user, or where root may not do so.
 */
const ways = {
  root: ['--net', '--mount', '--uts'],
  anyone: ['--user', '--map-root-user', '--net', '--mount', '--uts'],
} as const;

/** The process that holds the networks of a run. */
export interface Holder {
  /** Starts processes in places, and makes those. */
  readonly launcher: Launcher;
  /** Listening sockets in the control network, one for each port. */
  readonly servers: readonly Server[];
}

/**
 * Starts the holder of a run.
 * @throws TgError (environment) if this machine does not let it make networks.
 */
export async function startHolder(runId: string, stop: AbortSignal): Promise<Holder> {
  const problems: string[] = [];
  for (const options of process.getuid?.() === 0 ? [ways.root, ways.anyone] : [ways.anyone]) {
    const started = await tryStart(options, runId, stop);
    if (typeof started !== 'string') return started;
    problems.push(`unshare ${options.join(' ')}: ${started}`);
  }
  throw new TgError('environment', 'local:netns cannot make networks on this machine', {
    hint: ['It needs Linux with user namespaces and virtual network devices (veth):', ...problems].join('\n'),
  });
}

/** @returns what is wrong, as text, if it cannot be started. */
async function tryStart(
  options: readonly string[],
  runId: string,
  stop: AbortSignal,
): Promise<Holder | string> {
  const { holder, networkSwitch } = ownFiles();
  const program = [process.execPath, holder, String(process.pid), networkSwitch, ...servicePorts.map(String)];
  const child = spawn('unshare', [...options, ...program], {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe', 'ipc'],
    env: { PATH: process.env['PATH'] },
  });
  const errors: string[] = [];
  child.stderr?.setEncoding('utf8').on('data', (text: string) => errors.push(text));
  const launcher = new Launcher(runId, child);
  const servers: Server[] = [];
  try {
    await withTimeout(startsWithin, stop, () => receiveServers(child, servers));
    child.unref();
    return { launcher, servers };
  } catch (error) {
    for (const server of servers) server.close();
    launcher.close();
    child.kill('SIGKILL');
    stop.throwIfAborted();
    return reasonIn(errors.join('')) || messageOf(error);
  }
}

/** The error that Node reports before it ends, or the first line. */
function reasonIn(text: string): string {
  return /^(?:\w*Error\b.*)$/m.exec(text)?.[0] ?? text.trim().split('\n')[0] ?? '';
}

/** Waits for the sockets that the holder hands over. */
async function receiveServers(child: ChildProcess, servers: Server[]): Promise<void> {
  const all = deferred<void>();
  child.on('message', (_, handle) => {
    if (handle instanceof Server) servers.push(handle);
    if (servers.length === servicePorts.length) all.resolve();
  });
  child.once('error', (error) => all.reject(error));
  child.once('exit', (code, signal) => all.reject(new Error(`it has ended (${signal ?? `status ${code}`})`)));
  await all.promise;
}
