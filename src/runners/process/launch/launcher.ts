import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type ProcessId, processIdOf, thatStartedAt } from '../../../os/process-id.ts';
import { BatchedWriter } from '../../../util/batched-writer.ts';
import { type Deferred, deferred } from '../../../util/deferred.ts';
import { messageOf, TgError } from '../../../util/errors.ts';
import { withTimeout } from '../../../util/with-timeout.ts';
import { takeLauncher } from './prewarm.ts';
import {
  type Ask,
  type Exit,
  lineOf,
  ping,
  type Reply,
  type Start,
  type StartedProcess,
} from './protocol.ts';

/** A launcher's error output is truncated to this many characters. */
const maxErrorCharacters = 2_000;
/**
 * How long, in ms, to wait for the launcher to report the end of a process that is being ended: longer than any
 * grace period.
 */
const newsWithin = 15_000;
/** How often, in ms, it is asked whether it still answers. */
const pingEvery = 5_000;
/** How long, in ms, the launcher may take to end once it is no longer needed. */
const timeoutMs = 1_000;

/** A process that the launcher has started. */
export interface Launched {
  readonly process: ProcessId;
  /** Resolves when it has ended; to undefined if its exit status cannot be known. */
  readonly exited: Promise<Exit | undefined>;
  /**
   * Resolves when all output from its pipes is written, to an error message or undefined. Already resolved if it
   * has no pipes.
   */
  readonly flushed: Promise<string | undefined>;
}

/** The pending replies for a requested process. */
interface Started {
  readonly process: Deferred<StartedProcess>;
  readonly exited: Deferred<Exit | undefined>;
  readonly flushed: Deferred<string | undefined>;
}

/**
 * Starts processes from a small helper process. tg itself is too large to fork quickly, and its sync service must
 * not block meanwhile. There is only one launcher: on two processors, a second one costs the instances more than it
 * gains.
 */
export class Launcher implements AsyncDisposable {
  readonly #process: ChildProcess;
  /** By request ID. */
  readonly #children = new Map<number, Started>();
  /** Other requests, by their ID. */
  readonly #asked = new Map<number, Deferred<unknown>>();
  readonly #ended = deferred<void>();
  readonly #pings: NodeJS.Timeout;
  #isPinged = false;
  readonly #post: BatchedWriter;
  readonly #lost = new AbortController();
  #closed = false;
  /** Its error output. */
  #errorOutput = '';
  #ids = 0;

  /**
   * @param runId shown in the process title.
   * @param process its process; another one than usual for a launcher that can do more.
   */
  constructor(runId: string, process: ChildProcess = takeLauncher()) {
    this.#process = process;
    const { stdin, stdout, stderr } = this.#process;
    if (stdin === null || stdout === null || stderr === null) throw new Error('the launcher has no pipes');
    stdin.on('error', () => {});
    stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#errorOutput = (this.#errorOutput + text).slice(0, maxErrorCharacters);
    });
    this.#post = new BatchedWriter(stdin);
    this.#post.write(lineOf({ runId }));
    createInterface({ input: stdout }).on('line', (line) => this.#onReply(JSON.parse(line) as Reply));
    this.#pings = setInterval(() => void this.#ping(), pingEvery).unref();
    this.#process.once('close', (code, signal) =>
      this.#end(
        `has ended (${signal ?? `status ${code}`})${this.#errorOutput === '' ? '' : `: ${this.#errorOutput}`}`,
      ),
    );
    this.#process.once('error', (error) => this.#end(`cannot be started: ${messageOf(error)}`));
  }

  /** What it has printed on stderr: how it fails, if it does. */
  protected get errorOutput(): string {
    return this.#errorOutput;
  }

  /** Its process; undefined if it could not be started. */
  get processId(): ProcessId | undefined {
    const { pid } = this.#process;
    return pid === undefined ? undefined : processIdOf(pid);
  }

  /** Aborted with a TgError if the launcher ends while it is needed. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /**
   * Starts a process.
   * @throws Error with the system's message if it cannot be started.
   */
  async start(start: Start): Promise<Launched> {
    this.lost.throwIfAborted();
    const id = ++this.#ids;
    const child: Started = { process: deferred(), exited: deferred(), flushed: deferred() };
    if (start.pipesIn === undefined) child.flushed.resolve(undefined);
    this.#children.set(id, child);
    this.#post.write(lineOf({ id, ...start }));
    const { pid, startTicks } = await child.process.promise;
    const { exited, flushed } = child;
    return { process: thatStartedAt(pid, startTicks), exited: exited.promise, flushed: flushed.promise };
  }

  /** Asks for something else than a process. @throws Error with why it could not be done. */
  async ask(request: Ask): Promise<unknown> {
    this.lost.throwIfAborted();
    const id = ++this.#ids;
    const answer = deferred<unknown>();
    this.#asked.set(id, answer);
    this.#post.write(lineOf({ ...request, id }));
    this.#expect(answer.promise, 'has not answered a request');
    return await answer.promise;
  }

  /** It is lost if it does not answer in time, or says that what it needs does not. */
  async #ping(): Promise<void> {
    if (this.#isPinged || this.#closed || this.lost.aborted) return;
    this.#isPinged = true;
    try {
      await this.ask(ping);
    } catch (error) {
      if (!this.lost.aborted) this.#lose(`has lost what it needs: ${messageOf(error)}`);
    } finally {
      this.#isPinged = false;
    }
  }

  /** Call when a process is being ended: the launcher is killed if it does not report the end in time. */
  expectEnd(exited: Promise<unknown>): void {
    this.#expect(exited, 'has not reported the end of a process');
  }

  /** Call when the run is stopping: the launcher is killed if it does not report the pending starts in time. */
  expectStarts(): void {
    const asked = [...this.#children.values()].map(({ process }) => process.promise);
    this.#expect(Promise.allSettled(asked), 'has not reported the start of a process');
  }

  /** @param lacks what it has not done if the news do not come, as text. */
  #expect(news: Promise<unknown>, lacks: string): void {
    const late = () => {
      this.#process.kill('SIGKILL');
      this.#end(`${lacks} for ${newsWithin / 1_000} s`);
    };
    let isHere = false;
    // If tg itself was suspended, the news is read first.
    const timer = setTimeout(() => setImmediate(() => isHere || late()), newsWithin);
    const here = () => {
      isHere = true;
      clearTimeout(timer);
    };
    void news.finally(here).catch(() => {});
  }

  /** Accepts no more starts; the launcher ends when all processes it started have ended. */
  close(): void {
    this.#closed = true;
    this.#post.flush();
    this.#process.stdin?.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await withTimeout(timeoutMs, undefined, () => this.#ended.promise).catch(() =>
      this.#process.kill('SIGKILL'),
    );
  }

  #onReply(reply: Reply): void {
    if (reply.say === 'lost') this.#lose(reply.why);
    const asked = this.#asked.get(reply.id);
    this.#asked.delete(reply.id);
    if (reply.say === 'answered') asked?.resolve(reply.answer);
    if (reply.say === 'failed') asked?.reject(new Error(reply.why));
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
      case 'flushed':
        child.flushed.resolve(reply.why);
        break;
    }
  }

  #end(why: string): void {
    clearInterval(this.#pings);
    this.#ended.resolve();
    this.#lose(why);
  }

  /** What the instances run on is lost. */
  #lose(why: string): void {
    const gone = new TgError('environment', `the tg process that starts the instances ${why}`);
    for (const asked of this.#asked.values()) asked.reject(gone);
    this.#asked.clear();
    if (this.#closed || this.lost.aborted) return;
    for (const { process, exited, flushed } of this.#children.values()) {
      process.reject(gone);
      exited.resolve(undefined);
      flushed.resolve('data in its pipes may be lost');
    }
    this.#lost.abort(gone);
  }
}
