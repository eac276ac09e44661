import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { codeOf, messageOf } from '../../util/errors.ts';
import { withTimeout } from '../../util/with-timeout.ts';

/** The program that gives a network namespace a way out, without root and without a change of the machine. */
const program = 'slirp4netns';
/** How long, in ms, it may take to start. */
const startsWithin = 10_000;

/**
 * The network of the uplink. It contains the control network, because slirp4netns only serves addresses of its own
 * network, and its own ones are not those of instances: the gateway, the name server, and the device.
 */
export const uplinkNetwork = { cidr: '192.16.0.0/14', nameServer: '192.16.0.3', device: 'up0' } as const;

/** A running uplink: instances with a route to it reach what this machine reaches, but not the machine itself. */
export class Uplink {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /**
   * Starts it.
   * @param pid a process in the network namespace.
   * @throws Error with why it cannot be started.
   */
  static async start(pid: number): Promise<Uplink> {
    const { cidr, device } = uplinkNetwork;
    // It ends when the other end of descriptor 4 is closed, also if tg is killed.
    const options = [
      '--configure',
      '--disable-host-loopback',
      `--cidr=${cidr}`,
      '--ready-fd=3',
      '--exit-fd=4',
    ];
    const child = spawn(program, [...options, String(pid), device], {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'] },
    });
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const uplink = new Uplink(child);
    try {
      await withTimeout(startsWithin, undefined, () => Promise.race([ready(child), ended(child)]));
      child.unref();
      return uplink;
    } catch (error) {
      uplink.close();
      if (codeOf(error) === 'ENOENT') throw new Error(`${program} is not installed`);
      throw new Error(`${program}: ${said.trim().split('\n').at(-1) || messageOf(error)}`);
    }
  }

  close(): void {
    this.#child.kill();
  }
}

async function ready({ stdio }: ChildProcess): Promise<void> {
  await once(stdio[3] as Readable, 'data');
}

async function ended(child: ChildProcess): Promise<never> {
  const [code, signal] = await once(child, 'exit');
  throw new Error(`it has ended (${signal ?? `status ${code}`})`);
}
