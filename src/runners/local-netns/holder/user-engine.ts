import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { EngineMeasured, EnginePort, NetworkEngine, StageName } from '../../../network/engine.ts';
import type { Shape } from '../../../network/shape.ts';
import type { SeededPath } from '../../../network/topology/path.ts';
import type { SwitchReply, SwitchRequest } from '../../../network/user/protocol.ts';
import { type Deferred, deferred } from '../../../util/deferred.ts';

type Asked = SwitchRequest extends infer Each
  ? Each extends SwitchRequest
    ? Omit<Each, 'id'>
    : never
  : never;

/** How long, in ms, the switch may take to answer: less than tg waits for this process. */
const answersWithin = 10_000;

/** The engine `user`: a switch in a process of its own, as the process that has started it sees it. */
export class UserEngine implements NetworkEngine {
  readonly name = 'user';
  readonly keepsHardwareAddresses = false;
  readonly #process: ChildProcess;
  readonly #asked = new Map<number, Deferred<SwitchReply>>();
  #ids = 0;
  /** How it has ended; undefined while it works. */
  #ended: string | undefined;

  /** @param onEnd called with how it ended, if it ends before this process. */
  constructor(process: ChildProcess, onEnd: (how: string) => void) {
    this.#process = process;
    if (process.stdout === null || process.stdin === null) throw new Error('the switch has no pipes');
    process.stdin.on('error', () => {});
    createInterface({ input: process.stdout }).on('line', (line) => {
      const reply = JSON.parse(line) as SwitchReply;
      this.#asked.get(reply.id)?.resolve(reply);
      this.#asked.delete(reply.id);
    });
    const end = (how: string) => {
      this.#ended = how;
      for (const asked of this.#asked.values()) asked.reject(new Error(`the switch ${how}`));
      onEnd(how);
    };
    process.once('error', (error) => end(`cannot be started: ${error.message}`));
    process.once('exit', (code, signal) => end(`has ended (${signal ?? `status ${code}`})`));
  }

  async add(port: EnginePort): Promise<void> {
    await this.#ask({ do: 'add', ...port });
  }

  async readdress(link: number, address: string | undefined): Promise<void> {
    await this.#ask({ do: 'address', link, address: address ?? null });
  }

  check(): void {}

  async reshape(link: number, stage: StageName, shape: Shape): Promise<void> {
    await this.#ask({ do: 'shape', link, stage, shape });
  }

  async setPaths(paths: readonly SeededPath[]): Promise<void> {
    await this.#ask({ do: 'paths', paths });
  }

  async resetNat(link: number): Promise<void> {
    await this.#ask({ do: 'reset-nat', link });
  }

  async record(link: number, file: string): Promise<void> {
    await this.#ask({ do: 'record', link, file });
  }

  async measure(): Promise<EngineMeasured> {
    const { measured } = await this.#ask({ do: 'measure' });
    if (measured === undefined) throw new Error('the switch gives no answer');
    return measured;
  }

  async ping(): Promise<void> {
    await this.#ask({ do: 'ping' });
  }

  /** @throws Error with what the switch says, if it refuses, or if it does not answer in time. */
  async #ask(request: Asked): Promise<SwitchReply> {
    if (this.#ended !== undefined) throw new Error(`the switch ${this.#ended}`);
    const id = ++this.#ids;
    const asked = deferred<SwitchReply>();
    this.#asked.set(id, asked);
    this.#process.stdin?.write(`${JSON.stringify({ id, ...request })}\n`);
    const timer = setTimeout(
      () => asked.reject(new Error(`the switch has not answered for ${answersWithin / 1_000} s`)),
      answersWithin,
    );
    const reply = await asked.promise.finally(() => clearTimeout(timer));
    if (reply.why !== undefined) throw new Error(reply.why);
    return reply;
  }

  close(): void {
    this.#process.stdin?.end();
  }
}
