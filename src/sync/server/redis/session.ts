import type { Socket } from 'node:net';
import Parser from 'redis-parser';
import { messageOf } from '../../../util/errors.ts';
import { truncate } from '../../../util/truncate.ts';
import type { Waiting } from '../../describe-waiting.ts';
import { maxFrameBytes } from '../../protocol.ts';
import type { ClientContext } from '../client.ts';
import { Misuse } from '../misuse.ts';
import type { BarrierPolls } from './barrier-polls.ts';
import { type CommandContext, wrongNumber } from './command.ts';
import { addAndCount, commands } from './commands.ts';
import { encodeReply, type Reply } from './resp.ts';
import { parseXread, readStreams } from './xread.ts';

/** The longest command queue. While it is full, the client is not read. */
const maxQueued = 1_024;
/** Errors that quote a client's input are truncated to this length. */
const maxShown = 500;
/** The largest number of words in a command. */
const maxWords = 10_000;
const arrayHead = '*'.charCodeAt(0);
const headBytes = 16;

const never = new AbortController().signal;

/** A session knows the others: one unblocks another by its number. */
export interface SessionContext extends ClientContext {
  readonly id: number;
  /** Ends the wait of the session with that number. @returns whether it was waiting. */
  readonly unblock: (id: number, withError: boolean) => boolean;
  /** The polled barriers of the client, which may have other connections too. */
  readonly polls: BarrierPolls;
}

interface Blocked {
  readonly cancel: AbortController;
  readonly topics: readonly string[];
  readonly since: number;
  /** The error that a cancelled command returns; undefined for an empty reply. */
  error: string | undefined;
}

type CommandLine = readonly [name: string, ...args: string[]];

/**
 * One connection of an old SDK, which takes the sync service for a Redis. Replies are sent in the order of the
 * commands.
 */
export class RedisSession {
  readonly #socket: Socket;
  readonly #sessionContext: SessionContext;
  readonly #queue: CommandLine[] = [];
  #transaction: CommandLine[] | undefined;
  #transactionLength = 0;
  /** The last bytes of the previous chunk: an array header may begin there. */
  #tail = Buffer.alloc(0);
  #aborted = false;
  #busy = false;
  #bytesOfCommand = 0;
  #queuedBytes = 0;
  #closed = false;
  /** The blocking command that is in progress. */
  #blocked: Blocked | undefined;

  constructor(socket: Socket, context: SessionContext) {
    this.#socket = socket;
    this.#sessionContext = context;
    const parser = new Parser({
      returnReply: (reply) => this.#take(reply),
      returnError: () => this.#refuse('an error is not a command'),
      returnFatalError: (error) => this.#refuse(messageOf(error)),
    });
    socket.on('data', (data) => {
      if (this.#closed) return;
      this.#bytesOfCommand += data.length;
      if (this.#isHuge(data)) return this.#refuse(`an array of more than ${maxWords} words is not a command`);
      try {
        parser.execute(data);
      } catch (error) {
        // An array with too many elements, or nested too deeply.
        this.#refuse(messageOf(error));
      }
      if (this.#bytesOfCommand > maxFrameBytes) this.#refuse(`a command of more than ${maxFrameBytes} bytes`);
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#closed = true;
      this.#blocked?.cancel.abort();
    });
  }

  /** The streams that are being read. */
  waiting(): Waiting[] {
    const { store } = this.#sessionContext;
    const blocked = this.#blocked;
    if (blocked === undefined) return [];
    const forMs = performance.now() - blocked.since;
    return blocked.topics.map((topic) => ({
      kind: 'topic',
      topic,
      messages: store.knownLength(topic),
      forMs,
    }));
  }

  /** Ends a blocking command with an empty reply or with an error. @returns whether there was one. */
  unblock(withError: boolean): boolean {
    return this.#unblockWith(withError ? 'UNBLOCKED client unblocked via CLIENT UNBLOCK' : undefined);
  }

  /** Aborts a blocking command; polled barriers get the error at their next poll. */
  abortWaits(why: string): void {
    this.#unblockWith(`ERR ${why}`);
  }

  #unblockWith(error: string | undefined): boolean {
    if (this.#blocked === undefined) return false;
    this.#blocked.error = error;
    this.#blocked.cancel.abort();
    return true;
  }

  /** Whether an array header announces more words than the parser should allocate room for before they arrive. */
  #isHuge(data: Buffer): boolean {
    const bytes = Buffer.concat([this.#tail, data]);
    this.#tail = Buffer.from(bytes.subarray(-headBytes));
    if (bytes.indexOf(arrayHead) === -1) return false;
    return [...bytes.toString('latin1').matchAll(/(?:^|\n)\*(\d+)\r/g)].some(
      ([, text]) => Number(text) > maxWords,
    );
  }

  #take(reply: unknown): void {
    const bytes = this.#bytesOfCommand;
    this.#bytesOfCommand = 0;
    if (this.#closed) return;
    if (!isCommandLine(reply)) {
      this.#refuse('a command is an array of strings');
      return;
    }
    this.#queue.push(reply);
    this.#queuedBytes += bytes;
    if (this.#queue.length > maxQueued || this.#queuedBytes > maxFrameBytes) this.#socket.pause();
    if (!this.#busy) void this.#work().catch((error: unknown) => this.#refuse(messageOf(error)));
  }

  /** Executes the queued commands one by one. */
  async #work(): Promise<void> {
    this.#busy = true;
    for (let line = this.#queue.shift(); line !== undefined; line = this.#queue.shift()) {
      const reply = await this.#answer(line);
      if (this.#closed) break;
      await this.#write(encodeReply(reply));
      if (this.#queue.length > 0) continue;
      this.#queuedBytes = 0;
      this.#socket.resume();
    }
    this.#busy = false;
  }

  async #write(text: string): Promise<void> {
    if (this.#socket.write(text)) return;
    this.#sessionContext.backlog.check();
    if (this.#closed || this.#socket.destroyed) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        this.#socket.off('drain', done).off('close', done);
        resolve();
      };
      this.#socket.on('drain', done).on('close', done);
    });
  }

  async #answer([given, ...args]: CommandLine): Promise<Reply> {
    const name = given.toUpperCase();
    try {
      if (this.#transaction !== undefined && !['EXEC', 'DISCARD', 'MULTI'].includes(name)) {
        if (name === 'CLIENT') throw new Misuse('ERR CLIENT is not supported inside a transaction here');
        this.#checkKnown(name);
        this.#hold([name, ...args]);
        return { status: 'QUEUED' };
      }
      return await this.#carryOut(name, args);
    } catch (error) {
      if (this.#transaction !== undefined) this.#aborted = true;
      return this.#errorReply(error);
    }
  }

  /** Queues a command for EXEC. */
  #hold(line: CommandLine): void {
    this.#transactionLength += line.reduce((sum, word) => sum + word.length, 0);
    if (this.#transaction === undefined) return;
    if (this.#transactionLength > maxFrameBytes || this.#transaction.length >= maxQueued)
      throw new Misuse(`ERR a transaction of more than ${maxQueued} commands or ${maxFrameBytes} bytes`);
    this.#transaction.push(line);
  }

  async #carryOut(name: string, args: readonly string[]): Promise<Reply> {
    switch (name) {
      case 'CLIENT':
        return this.#client(args);
      case 'MULTI':
        if (this.#transaction !== undefined) throw new Misuse('ERR MULTI calls can not be nested');
        this.#transaction = [];
        this.#transactionLength = 0;
        return { status: 'OK' };
      case 'DISCARD':
        this.#endTransaction('DISCARD');
        return { status: 'OK' };
      case 'EXEC':
        return await this.#exec();
      case 'XREAD':
        return await this.#read(args);
      default:
        return await this.#run(name, args);
    }
  }

  #checkKnown(name: string): void {
    if (Object.hasOwn(commands, name)) return;
    const known = [...Object.keys(commands), 'CLIENT', 'MULTI', 'EXEC', 'DISCARD'];
    throw new Misuse(
      `ERR unknown command '${truncate(name, 64)}': this is the sync service of tg, which supports what old SDKs send (${known.join(', ')})`,
    );
  }

  async #run(name: string, args: readonly string[]): Promise<Reply> {
    this.#checkKnown(name);
    if (isPoll(name)) this.#throwIfAborted();
    const reply = await commands[name]?.(args, this.#context());
    this.#note(name, args, reply);
    return reply ?? null;
  }

  #note(name: string, args: readonly string[], reply: Reply | undefined): void {
    const { activityLog } = this.#sessionContext;
    const [key = ''] = args;
    if (name === 'INCR') activityLog.signalled(key, Number(reply));
    if (name === 'XADD') activityLog.published(key, args.at(-1) ?? '');
    // A client that has disconnected no longer waits.
    if (isPoll(name) && !this.#closed) this.#sessionContext.polls.ask(args, this.#sessionContext.id);
  }

  #throwIfAborted(): void {
    const why = this.#sessionContext.abortReason();
    if (why !== undefined) throw new Error(why);
  }

  #context(signal = never): CommandContext {
    const { store, keys } = this.#sessionContext;
    return { store, keys, signal };
  }

  /** Executes XREAD, the only command that may block. */
  async #read(args: readonly string[]): Promise<Reply> {
    const asked = parseXread(args, this.#sessionContext.keys);
    const topics = asked.streams.map(({ key }) => key);
    if (asked.blockMs !== undefined) this.#throwIfAborted();
    const blocked: Blocked = {
      cancel: new AbortController(),
      topics,
      since: performance.now(),
      error: undefined,
    };
    this.#blocked = blocked;
    try {
      const reply = await readStreams(asked, this.#context(blocked.cancel.signal));
      if (blocked.error !== undefined) return { error: blocked.error };
      return reply;
    } finally {
      this.#blocked = undefined;
    }
  }

  #client([what, ...args]: readonly string[]): Reply {
    switch (what?.toUpperCase()) {
      case 'ID':
        return this.#sessionContext.id;
      case 'UNBLOCK': {
        const [id, how = 'TIMEOUT'] = args;
        if (id === undefined || !/^\d+$/.test(id)) throw wrongNumber('CLIENT UNBLOCK');
        return this.#sessionContext.unblock(Number(id), how.toUpperCase() === 'ERROR') ? 1 : 0;
      }
      default:
        throw new Misuse(`ERR CLIENT supports only ID and UNBLOCK here, not "${what ?? ''}"`);
    }
  }

  async #exec(): Promise<Reply> {
    const aborted = this.#aborted;
    const lines = this.#endTransaction('EXEC');
    if (aborted) return { error: 'EXECABORT Transaction discarded because of previous errors.' };
    const replies: Reply[] = [];
    for (let at = 0; at < lines.length; at++) {
      const [line, next] = [lines[at], lines[at + 1]];
      if (line === undefined) break;
      try {
        if (line[0] === 'XADD' && next?.[0] === 'XLEN' && next[1] === line[1]) {
          replies.push(...(await addAndCount(line.slice(1), this.#context())));
          this.#sessionContext.activityLog.published(line[1] ?? '', line.at(-1) ?? '');
          at++;
        } else {
          const [name, ...args] = line;
          replies.push(await this.#run(name, args));
        }
      } catch (error) {
        replies.push(this.#errorReply(error));
      }
    }
    return replies;
  }

  #endTransaction(name: string): readonly CommandLine[] {
    const lines = this.#transaction;
    if (lines === undefined) throw new Misuse(`ERR ${name} without MULTI`);
    this.#transaction = undefined;
    this.#aborted = false;
    return lines;
  }

  #errorReply(error: unknown): Reply {
    const text = truncate(messageOf(error), maxShown);
    if (error instanceof Misuse) this.#sessionContext.report(text);
    return { error: /^[A-Z]+ /.test(text) ? text : `ERR ${text}` };
  }

  /** Closes the connection: a client that sends invalid commands cannot continue. */
  #refuse(why: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#sessionContext.report(`cut off: ${why}`);
    this.#socket.end(encodeReply({ error: `ERR Protocol error: ${why}` }));
    this.#socket.on('data', () => this.#socket.destroy());
  }
}

/** Whether a command polls a barrier: old SDKs use it for nothing else. */
function isPoll(name: string): boolean {
  return name === 'GET' || name === 'MGET';
}

function isCommandLine(reply: unknown): reply is CommandLine {
  return Array.isArray(reply) && reply.length > 0 && reply.every((word) => typeof word === 'string');
}
