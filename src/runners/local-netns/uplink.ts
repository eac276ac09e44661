import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import type { Range } from '../../network/range.ts';
import { codeOf, messageOf } from '../../util/errors.ts';
import { withTimeout } from '../../util/with-timeout.ts';

/** The program that gives a network namespace a way out, without root and without a change of the machine. */
const program = 'slirp4netns';
/** How long, in ms, it may take to start. */
const startsWithin = 10_000;
/** How much of its output is kept for an error, in characters. */
const mostSaid = 4_000;

/**
 * The network of the uplink. It contains the control network, because slirp4netns only serves addresses of its own
 * network, and its own ones are not those of instances: the gateway, the name server, and the device.
 */
export const uplinkNetwork = {
  range: { address: '192.16.0.0', prefix: 14 },
  gateway: '192.16.0.2',
  nameServer: '192.16.0.3',
  device: 'up0',
} as const satisfies Readonly<Record<string, string | Range>>;

/** The namespaces that get the uplink, as files. */
export interface UplinkPlace {
  readonly net: string;
  /** The user namespace that owns it, if that is not this process's own. */
  readonly user: string | undefined;
}

/** A running uplink: instances with a route to it reach what this machine reaches, but not the machine itself. */
export class Uplink {
  readonly #child: ChildProcess;
  #isClosed = false;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /**
   * Starts it.
   * @param onLost called with how it ended, if it ends before it is closed.
   * @throws Error with why it cannot be started.
   */
  static async start(
    { net, user }: UplinkPlace,
    stop: AbortSignal,
    onLost: (how: string) => void,
  ): Promise<Uplink> {
    const { range, device } = uplinkNetwork;
    // It ends when the other end of descriptor 4 is closed, also if tg is killed.
    const options = [
      '--configure',
      '--disable-host-loopback',
      `--cidr=${range.address}/${range.prefix}`,
      '--ready-fd=3',
      '--exit-fd=4',
    ];
    const owner = user === undefined ? [] : [`--userns-path=${user}`];
    const child = spawn(program, [...options, ...owner, '--netns-type=path', net, device], {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'] },
    });
    const uplink = new Uplink(child);
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-mostSaid);
    });
    try {
      await withTimeout(startsWithin, stop, () => Promise.race([ready(child), ended(child)]));
      child.unref();
      child.once('exit', (code, signal) => {
        if (!uplink.#isClosed) onLost(`${program} has ended (${signal ?? `status ${code}`})`);
      });
      return uplink;
    } catch (error) {
      uplink.close();
      stop.throwIfAborted();
      if (codeOf(error) === 'ENOENT') throw new Error(`${program} is not installed; install it`);
      throw new Error(`${program}: ${lastLines(said) || messageOf(error)}`);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#child.kill();
  }
}

/** Its last lines, as one: the first of them is the reason, and the last one the consequence. */
function lastLines(said: string): string {
  return said
    .trim()
    .split('\n')
    .slice(-2)
    .map((line) => line.trim())
    .join('; ');
}

async function ready({ stdio }: ChildProcess): Promise<void> {
  const descriptor = stdio[3] as Readable;
  // Without data, it has ended.
  await new Promise<void>((resolve) => descriptor.once('data', () => resolve()));
}

/** @throws Error with how it ended, once all that it has said is read. */
async function ended(child: ChildProcess): Promise<never> {
  const [code, signal] = await once(child, 'close');
  throw new Error(`it has ended (${signal ?? `status ${code}`})`);
}
