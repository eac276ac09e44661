import type { Socket } from 'node:net';
import type { RawData, WebSocket } from 'ws';
import { messageOf } from '../../util/errors.ts';
import { maxFrameBytes, maxPayloadBytes } from '../protocol.ts';
import type { Reader, SyncStore, Waiter } from '../store.ts';
import { describeWaiting, type Waiting } from '../waiting.ts';
import type { ClientContext } from './client.ts';
import { type Operation, type RequestId, readRequest, writeResponse } from './frames.ts';
import { limits } from './limits.ts';
import { Outbox } from './outbox.ts';
import { Misuse, servedKey } from './own-keys.ts';
import { Subscriptions } from './subscriptions.ts';
import { textFrame } from './text-frame.ts';

type Waits = Extract<Operation, { kind: 'barrier' | 'subscribe' }>;
type Does = Extract<Operation, { kind: 'publish' | 'signal_entry' }>;

/** Receives the outcome of a pending request. */
interface Owner {
  onRelease(pending: Pending): void;
  onMore(): void;
  onFailure(pending: Pending, why: unknown): void;
}

/** An open barrier or subscription. */
class Pending implements Waiter, Reader {
  readonly id: RequestId;
  readonly operation: Waits;
  readonly since = performance.now();
  stopWaiting: () => void = () => {};
  readonly #owner: Owner;

  constructor(id: RequestId, operation: Waits, owner: Owner) {
    this.id = id;
    this.operation = operation;
    this.#owner = owner;
  }

  release(): void {
    this.#owner.onRelease(this);
  }

  more(): void {
    this.#owner.onMore();
  }

  fail(why: unknown): void {
    this.#owner.onFailure(this, why);
  }
}

/** A client's WebSocket connection: reads requests, executes them on the store, and writes the responses. */
export class WebSocketSession implements Owner {
  readonly #socket: WebSocket;
  readonly #context: ClientContext;
  readonly #store: SyncStore;
  readonly #outbox: Outbox;
  readonly #subscriptions = new Subscriptions();
  /** The open barriers and subscriptions. */
  readonly #pending = new Map<RequestId, Pending>();
  /** The number of requests in progress, without pending waits, and the bytes of their frames. */
  #busy = 0;
  #busyBytes = 0;
  #paused = false;

  /** @param stream the socket under the WebSocket. */
  constructor(socket: WebSocket, stream: Socket, context: ClientContext) {
    this.#socket = socket;
    this.#context = context;
    this.#store = context.store;
    this.#outbox = new Outbox(stream, {
      onTurn: () => this.#deliver(),
      onSent: () => {
        if (stream.writableLength > limits.highWater) context.backlog.check();
        this.#keepPace();
      },
    });
    socket.on('message', (data) => this.#receive(data));
    socket.on('close', () => {
      for (const pending of [...this.#pending.values()]) {
        pending.stopWaiting();
        this.#finish(pending, 'leave');
      }
    });
    // An invalid frame, one that is too large, or a reset: ws closes the socket after this event.
    socket.on('error', (error) => {
      if ('code' in error && String(error.code).startsWith('WS_ERR'))
        context.report(`cut off: ${error.message}`);
    });
  }

  /** The open barriers and subscriptions. */
  waiting(): Waiting[] {
    return [...this.#pending.values()].map((pending) => this.#waitingOf(pending));
  }

  /** Aborts all pending requests with an error. */
  abortWaits(why: string): void {
    for (const [id, pending] of [...this.#pending]) {
      const error = `${why}; this client was ${describeWaiting(this.#waitingOf(pending))}`;
      this.#cancel(id);
      this.#send(writeResponse(id, { error }));
    }
  }

  #waitingOf({ operation, since }: Pending): Waiting {
    const forMs = performance.now() - since;
    if (operation.kind === 'barrier')
      return { ...operation, count: this.#store.knownCount(operation.state), forMs };
    const { topic } = operation;
    return { kind: 'topic', topic, messages: this.#store.knownLength(topic), forMs };
  }

  #own(key: string): string {
    return servedKey(key, this.#context.keys);
  }

  #receive(data: RawData): void {
    const frame = data.toString();
    const { id, operation } = readRequest(frame);
    try {
      switch (operation.kind) {
        case 'publish':
        case 'signal_entry':
          void this.#carryOut(id, operation, frame.length);
          break;
        case 'barrier':
        case 'subscribe':
          this.#wait(id, operation);
          break;
        case 'cancel':
          this.#cancel(id);
          break;
        case 'unreadable':
          throw new Misuse(operation.error);
      }
    } catch (error) {
      this.#answerError(id, error);
    }
    this.#keepPace();
  }

  /** @param bytes the length of the request's frame. */
  async #carryOut(id: RequestId, operation: Does, bytes: number): Promise<void> {
    this.#busy++;
    this.#busyBytes += bytes;
    try {
      if (operation.kind === 'signal_entry') {
        const asked = performance.now();
        const seq = await this.#store.signalEntry(this.#own(operation.state));
        // The waiters that it released have been notified by now.
        this.#context.activityLog.signalled(operation.state, seq, performance.now() - asked);
        this.#send(writeResponse(id, { signal_entry: { seq } }));
      } else {
        checkSize(operation.payload);
        const seq = await this.#store.publish(this.#own(operation.topic), operation.payload);
        this.#context.activityLog.published(operation.topic);
        this.#send(writeResponse(id, { publish: { seq } }));
      }
    } catch (error) {
      this.#answerError(id, error);
    } finally {
      this.#busy--;
      this.#busyBytes -= bytes;
      this.#keepPace();
    }
  }

  /**
   * Starts a request that lasts until it completes, is cancelled by its id, or the client disconnects. A cancel gets no
   * response.
   */
  #wait(id: RequestId, operation: Waits): void {
    if (this.#pending.size >= limits.open)
      throw new Misuse(`more than ${limits.open} barriers and subscriptions are open on one connection`);
    if (this.#pending.has(id)) throw new Misuse(`a request with the id ${JSON.stringify(id)} is still open`);
    const { activityLog } = this.#context;
    if (operation.kind === 'barrier') activityLog.waits(operation.state, operation.target);
    else activityLog.moved();
    const pending = new Pending(id, operation, this);
    this.#pending.set(id, pending);
    try {
      pending.stopWaiting = this.#begin(pending);
    } catch (error) {
      this.#finish(pending, 'leave');
      throw error;
    }
  }

  /** @returns a function that cancels it. */
  #begin(pending: Pending): () => void {
    const { id, operation } = pending;
    if (operation.kind === 'barrier') {
      const { state, target } = operation;
      if (this.#store.knownCount(state) < target) this.#throwIfAborted();
      return this.#store.wait(this.#own(state), target, pending);
    }
    this.#throwIfAborted();
    const following = this.#store.follow(this.#own(operation.topic), pending);
    this.#outbox.wake();
    return this.#subscriptions.add(id, following);
  }

  /** @returns whether it was still open: its id may have been cancelled and reused. */
  #finish(pending: Pending, how: 'pass' | 'leave'): boolean {
    if (this.#pending.get(pending.id) !== pending) return false;
    this.#pending.delete(pending.id);
    const { operation } = pending;
    if (operation.kind === 'barrier')
      this.#context.activityLog.waited(how, operation.state, operation.target);
    return true;
  }

  onRelease(pending: Pending): void {
    if (this.#finish(pending, 'pass') && this.#isOpen) this.#outbox.add(releaseFrame(pending.id));
  }

  onMore(): void {
    this.#outbox.wake();
  }

  onFailure(pending: Pending, why: unknown): void {
    if (this.#finish(pending, 'leave')) this.#answerError(pending.id, why);
  }

  #throwIfAborted(): void {
    const why = this.#context.abortReason();
    if (why !== undefined) throw new Error(why);
  }

  /** Cancels a pending request. Its id can be reused at once. */
  #cancel(id: RequestId): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    pending.stopWaiting();
    this.#finish(pending, 'leave');
  }

  /** Sends the messages of subscriptions, as far as the client reads them. */
  #deliver(): void {
    if (this.#isOpen) this.#subscriptions.deliver(this.#outbox, limits.highWater);
  }

  /** Applies backpressure: pauses reading from a client that does not read its responses, or sends too much at once. */
  #keepPace(): void {
    const full =
      this.#outbox.waiting > limits.highWater ||
      this.#busy > limits.atOnce ||
      this.#busyBytes > maxFrameBytes;
    if (full === this.#paused) return;
    this.#paused = full;
    if (full) this.#socket.pause();
    else this.#socket.resume();
  }

  get #isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  #answerError(id: RequestId, error: unknown): void {
    if (error instanceof Misuse) this.#context.report(error.message);
    this.#send(writeResponse(id, { error: messageOf(error) }));
  }

  #send(answer: string): void {
    if (this.#isOpen) this.#outbox.add(textFrame(answer));
  }
}

/** Clients tend to use the same id for the same barrier: caches the last frame that was sent. */
let lastRelease = { id: '' as RequestId, frame: textFrame(writeResponse('')) };

function releaseFrame(id: RequestId): string {
  if (lastRelease.id !== id) lastRelease = { id, frame: textFrame(writeResponse(id)) };
  return lastRelease.frame;
}

function checkSize(payload: string): void {
  const size = Buffer.byteLength(payload);
  if (size > maxPayloadBytes)
    throw new Misuse(`a payload of ${size} bytes is too large: at most ${maxPayloadBytes} are allowed`);
}
