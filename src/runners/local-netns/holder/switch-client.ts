import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { SwitchReply, SwitchRequest } from '../../../network/user/protocol.ts';
import { type Deferred, deferred } from '../../../util/deferred.ts';

type Asked = SwitchRequest extends infer Each
  ? Each extends SwitchRequest
    ? Omit<Each, 'id'>
    : never
  : never;

/** The switch of a run, as the process that has started it sees it. */
export class SwitchClient {
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

  /** @throws Error with what the switch says, if it refuses. */
  async ask(request: Asked): Promise<SwitchReply> {
    if (this.#ended !== undefined) throw new Error(`the switch ${this.#ended}`);
    const id = ++this.#ids;
    const asked = deferred<SwitchReply>();
    this.#asked.set(id, asked);
    this.#process.stdin?.write(`${JSON.stringify({ id, ...request })}\n`);
    const reply = await asked.promise;
    if (reply.why !== undefined) throw new Error(reply.why);
    return reply;
  }

  /** Lets it end. */
  close(): void {
    this.#process.stdin?.end();
  }
}
