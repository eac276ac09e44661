import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type ProcessId, thatStartedAt } from '../../os/process-id.ts';
import { BatchedWriter } from '../../util/batched-writer.ts';
import { type Deferred, deferred } from '../../util/deferred.ts';
import { messageOf, TgError } from '../../util/errors.ts';
import { withTimeout } from '../../util/with-timeout.ts';
import { takeLauncher } from './prewarm.ts';
import { type Exit, lineOf, type Reply, type Start, type StartedProcess } from './protocol.ts';

/** More of what a launcher says of a bug is not kept. */
const mostWords = 2_000;
/** How long, in ms, it may take to hear of the end of a process that is being ended: longer than any grace period. */
const newsWithin = 15_000;
/** How long, in ms, a launcher may take to end once nobody needs it. */
const patience = 1_000;

/** A process that a launcher has started. */
export interface Launched {
  readonly process: ProcessId;
  /** Resolves when it has ended; to undefined where nobody will know how. */
  readonly exited: Promise<Exit | undefined>;
  /** Resolves when all that came through its pipes is written, to what went wrong; at once where it has none. */
  readonly carried: Promise<string | undefined>;
}

/** What is to be told of a process that was asked for. */
interface Started {
  readonly process: Deferred<StartedProcess>;
  readonly exited: Deferred<Exit | undefined>;
  readonly carried: Deferred<string | undefined>;
}

/**
 * Starts processes: not in tg itself, whose memory takes too long to be forked, and whose sync service has no time to wait
 * for that, but in a small process beside it. One: a second takes more from the instances, on two processors, than it brings.
 */
export class Launcher implements AsyncDisposable {
  readonly #process: ChildProcess;
  /** By the id of the request. */
  readonly #children = new Map<number, Started>();
  readonly #ended = deferred<void>();
  readonly #post: BatchedWriter;
  readonly #lost = new AbortController();
  #closed = false;
  /** What it has said of a bug. */
  #words = '';
  #ids = 0;

  /** @param runId for people who look at the processes of their machine. */
  constructor(runId: string) {
    this.#process = takeLauncher();
    const { stdin, stdout, stderr } = this.#process;
    if (stdin === null || stdout === null || stderr === null) throw new Error('a launcher is spoken to');
    stdin.on('error', () => {});
    stderr.setEncoding('utf8').on('data', (words: string) => {
      this.#words = (this.#words + words).slice(0, mostWords);
    });
    this.#post = new BatchedWriter(stdin);
    this.#post.write(lineOf({ runId }));
    createInterface({ input: stdout }).on('line', (line) => this.#hear(JSON.parse(line) as Reply));
    this.#process.once('close', (code, signal) =>
      this.#end(`has ended (${signal ?? `status ${code}`})${this.#words === '' ? '' : `: ${this.#words}`}`),
    );
    this.#process.once('error', (error) => this.#end(`cannot be started: ${messageOf(error)}`));
  }

  /** Aborted, with a TgError, when it has ended while it was needed. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** @throws Error with the system's words for what cannot be started. */
  async start(start: Start): Promise<Launched> {
    this.lost.throwIfAborted();
    const id = ++this.#ids;
    const child: Started = { process: deferred(), exited: deferred(), carried: deferred() };
    if (start.pipesIn === undefined) child.carried.resolve(undefined);
    this.#children.set(id, child);
    this.#post.write(lineOf({ id, ...start }));
    const { pid, startTicks } = await child.process.promise;
    const { exited, carried } = child;
    return { process: thatStartedAt(pid, startTicks), exited: exited.promise, carried: carried.promise };
  }

  /** A process is being ended: a launcher that does not tell of that is not waited for any longer. */
  expectEnd(exited: Promise<unknown>): void {
    this.#expect(exited, 'the end');
  }

  /** The run is to end: what is still to be started has to be, to be ended. */
  expectStarts(): void {
    const asked = [...this.#children.values()].map(({ process }) => process.promise);
    this.#expect(Promise.allSettled(asked), 'the start');
  }

  #expect(news: Promise<unknown>, of: string): void {
    const timer = setTimeout(() => {
      this.#process.kill('SIGKILL');
      this.#end(`has not told of ${of} of a process for ${newsWithin / 1_000} s`);
    }, newsWithin);
    void news.finally(() => clearTimeout(timer)).catch(() => {});
  }

  /** Nothing more is to be started; it ends when nothing runs that it has started. */
  close(): void {
    this.#closed = true;
    this.#post.flush();
    this.#process.stdin?.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await withTimeout(patience, undefined, () => this.#ended.promise).catch(() =>
      this.#process.kill('SIGKILL'),
    );
  }

  #hear(reply: Reply): void {
    const child = this.#children.get(reply.id);
    if (child === undefined) return;
    switch (reply.say) {
      case 'started':
        child.process.resolve(reply.process);
        break;
      case 'failed':
        child.process.reject(new Error(reply.why));
        break;
      case 'exited':
        child.exited.resolve(reply.exit);
        break;
      case 'carried':
        child.carried.resolve(reply.why);
        break;
    }
  }

  #end(why: string): void {
    this.#ended.resolve();
    if (this.#closed || this.lost.aborted) return;
    const gone = new TgError('environment', `the process of tg that starts the instances ${why}`);
    for (const { process, exited, carried } of this.#children.values()) {
      process.reject(gone);
      exited.resolve(undefined);
      carried.resolve('what was in its pipes may be lost');
    }
    this.#lost.abort(gone);
  }
}
