import { type ChildProcess, spawn } from 'node:child_process';
import { Server } from 'node:net';
import type { Range } from '../../network/range.ts';
import { ownFiles } from '../../os/own-package.ts';
import { hasOtherUserNamespace } from '../../os/proc.ts';
import { deferred } from '../../util/deferred.ts';
import { messageOf, TgError } from '../../util/errors.ts';
import { withTimeout } from '../../util/with-timeout.ts';
import { Launcher } from '../process/launch/launcher.ts';
import type { EngineChoice } from './engine.ts';
import { enterNamespaces, type NamespaceFiles } from './enter.ts';
import type { EngineAnswer, HolderRequest } from './holder/protocol.ts';
import { servicePorts } from './service-ports.ts';
import { unshareWays } from './unshare-options.ts';
import { Uplink } from './uplink.ts';

/** How long, in ms, the holder may take to start. */
const startsWithin = 20_000;

/** The run of a holder. */
export interface HolderOptions {
  readonly runId: string;
  /** What carries and shapes packets. */
  readonly engine: EngineChoice;
  readonly stop: AbortSignal;
  /** Called with what goes wrong later without ending the run, as text. */
  readonly onProblem: (text: string) => void;
}

/**
 * The process that holds the networks of a run: it makes them, and starts instances in them. Its end, and that of its
 * switch, are those of a launcher.
 */
export class Holder extends Launcher {
  /** Listening sockets in the control network, one for each port. */
  readonly servers: Server[] = [];
  readonly #child: ChildProcess;
  readonly #stop: AbortSignal;
  readonly #onProblem: (text: string) => void;
  #uplink: Promise<Uplink> | undefined;

  /** @param options of unshare(1). */
  constructor({ runId, engine, stop, onProblem }: HolderOptions, options: readonly string[]) {
    const { holder, networkSwitch } = ownFiles();
    const ports = servicePorts.map(String);
    const program = [process.execPath, holder, String(process.pid), engine, networkSwitch, ...ports];
    const child = spawn('unshare', [...options, ...program], {
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe', 'ipc'],
      env: { PATH: process.env['PATH'] },
    });
    super(runId, child);
    this.#child = child;
    this.#stop = stop;
    this.#onProblem = onProblem;
  }

  /** Waits until it has handed over its sockets. @throws Error with why it has not. */
  async ready(): Promise<void> {
    try {
      await withTimeout(startsWithin, this.#stop, () => this.#receiveServers());
      this.#child.unref();
    } catch (error) {
      this.close();
      this.#child.kill('SIGKILL');
      this.#stop.throwIfAborted();
      throw new Error(reasonIn(this.errorOutput) || messageOf(error));
    }
  }

  async #receiveServers(): Promise<void> {
    const all = deferred<void>();
    this.#child.on('message', (_, handle) => {
      if (handle instanceof Server) this.servers.push(handle);
      if (this.servers.length === servicePorts.length) all.resolve();
    });
    this.#child.once('error', (error) => all.reject(error));
    this.#child.once('exit', (code, signal) =>
      all.reject(new Error(`it has ended (${signal ?? `status ${code}`})`)),
    );
    await all.promise;
  }

  /** Asks for something about networks. @throws Error with why it could not be done. */
  async order(request: HolderRequest): Promise<unknown> {
    return await this.ask(request);
  }

  /** The engine that it has chosen. */
  async engine(): Promise<EngineAnswer> {
    return (await this.order({ ask: 'engine' })) as EngineAnswer;
  }

  /** The beginning of a command line that runs a command where an instance is. @param number of the instance. */
  async enterPlace(number: number): Promise<readonly string[]> {
    const files = (await this.order({ ask: 'namespaces', number })) as NamespaceFiles;
    return enterNamespaces(files, this.#child.pid ?? 0);
  }

  /** Lets instances with an open routing policy reach what this machine reaches. @throws Error with why it cannot. */
  async reachOutside(): Promise<void> {
    await this.#reach([{ address: '0.0.0.0', prefix: 0 }]);
  }

  /** Opens the way to addresses outside of the run, and to no others. @throws Error with why it cannot. */
  async reachHosts(addresses: readonly string[]): Promise<void> {
    await this.#reach(addresses.map((address) => ({ address, prefix: 32 })));
  }

  async #reach(ranges: readonly Range[]): Promise<void> {
    this.#uplink ??= this.#openUplink();
    await this.#uplink;
    await this.order({ ask: 'reach', ranges });
  }

  async #openUplink(): Promise<Uplink> {
    const net = String(await this.order({ ask: 'network' }));
    const { pid = 0 } = this.#child;
    const user = hasOtherUserNamespace(pid) ? `/proc/${pid}/ns/user` : undefined;
    const lost = (how: string) => {
      this.#uplink = undefined;
      this.#onProblem(`instances have lost the way to the outside: ${how}`);
    };
    const uplink = await Uplink.start({ net, user }, this.#stop, lost);
    try {
      await this.order({ ask: 'uplink' });
      return uplink;
    } catch (error) {
      uplink.close();
      throw error;
    }
  }

  override close(): void {
    for (const server of this.servers) server.close();
    void this.#uplink?.then((uplink) => uplink.close()).catch(() => {});
    super.close();
  }
}

/**
 * Starts the holder of a run.
 * @throws TgError (environment) if this machine does not let it make networks.
 */
export async function startHolder(run: HolderOptions): Promise<Holder> {
  const problems: string[] = [];
  for (const options of unshareWays()) {
    const holder = new Holder(run, options);
    try {
      await holder.ready();
      return holder;
    } catch (error) {
      run.stop.throwIfAborted();
      problems.push(`unshare ${options.join(' ')}: ${messageOf(error)}`);
    }
  }
  throw new TgError('environment', 'local:netns cannot make networks on this machine', {
    hint: [
      'It needs Linux with user namespaces and virtual network devices (veth):',
      ...problems,
      'Choose --runner local:exec to run the instances on the network of this machine.',
    ].join('\n'),
  });
}

/** The error that Node reports before it ends, or the first line. */
function reasonIn(text: string): string {
  return /^(?:\w*Error\b.*)$/m.exec(text)?.[0] ?? text.trim().split('\n')[0] ?? '';
}
