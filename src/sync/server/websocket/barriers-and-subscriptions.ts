import { describeWaiting, type Waiting } from '../../describe-waiting.ts';
import type { Reader, Waiter } from '../../store.ts';
import type { ClientContext } from '../client.ts';
import { limits } from '../limits.ts';
import { Misuse } from '../misuse.ts';
import { servedKey } from '../served-keys.ts';
import { type Operation, type RequestId, writeResponse } from './frames.ts';
import type { Outbox } from './outbox.ts';
import { Subscriptions } from './subscriptions.ts';
import { textFrame } from './text-frame.ts';

/** A request that lasts until it completes, is cancelled by its ID, or the client disconnects. */
export type LastingOperation = Extract<Operation, { kind: 'barrier' | 'subscribe' }>;

/** Receives the outcome of an open request. */
interface Owner {
  onRelease(request: OpenRequest): void;
  onMore(): void;
  onFailure(request: OpenRequest, why: unknown): void;
}

/** An open barrier or subscription. */
class OpenRequest implements Waiter, Reader {
  readonly id: RequestId;
  readonly operation: LastingOperation;
  readonly since = performance.now();
  stopWaiting: () => void = () => {};
  readonly #owner: Owner;

  constructor(id: RequestId, operation: LastingOperation, owner: Owner) {
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

/** Writes responses to the client, unless the connection has closed. */
interface Responses {
  readonly outbox: Outbox;
  readonly send: (frame: string) => void;
  readonly sendError: (id: RequestId, why: unknown) => void;
}

/**
 * The barriers and subscriptions that one client waits for. A barrier is answered once, when the store releases it; a
 * subscription is answered with each message.
 */
export class BarriersAndSubscriptions implements Owner {
  readonly #context: ClientContext;
  readonly #responses: Responses;
  readonly #subscriptions = new Subscriptions();
  readonly #open = new Map<RequestId, OpenRequest>();

  constructor(context: ClientContext, responses: Responses) {
    this.#context = context;
    this.#responses = responses;
  }

  /** @throws Misuse if the ID is in use, too many requests are open, or the key is not served. */
  begin(id: RequestId, operation: LastingOperation): void {
    if (this.#open.size >= limits.open)
      throw new Misuse(`more than ${limits.open} barriers and subscriptions are open on one connection`);
    if (this.#open.has(id)) throw new Misuse(`a request with the id ${JSON.stringify(id)} is still open`);
    const { activityLog } = this.#context;
    if (operation.kind === 'barrier') activityLog.waits(operation.state, operation.target);
    else activityLog.moved();
    const request = new OpenRequest(id, operation, this);
    this.#open.set(id, request);
    try {
      request.stopWaiting =
        operation.kind === 'barrier' ? this.#wait(request, operation) : this.#follow(request, operation);
    } catch (error) {
      this.#finish(request, 'leave');
      throw error;
    }
  }

  /** @returns a function that cancels the wait. */
  #wait(request: OpenRequest, { state, target }: Extract<Operation, { kind: 'barrier' }>): () => void {
    const { store } = this.#context;
    if (store.knownCount(state) < target) this.#throwIfAborted();
    return store.wait(this.#own(state), target, request);
  }

  /** @returns a function that ends the subscription. */
  #follow(request: OpenRequest, { topic }: Extract<Operation, { kind: 'subscribe' }>): () => void {
    this.#throwIfAborted();
    const following = this.#context.store.follow(this.#own(topic), request);
    this.#responses.outbox.wake();
    const { activityLog } = this.#context;
    return this.#subscriptions.add(request.id, following, (seq, count) =>
      activityLog.received(topic, seq, count),
    );
  }

  /** Cancels an open request, without a response. Its ID can be reused at once. */
  cancel(id: RequestId): void {
    const request = this.#open.get(id);
    if (request === undefined) return;
    request.stopWaiting();
    this.#finish(request, 'leave');
  }

  /** Cancels all requests: the client has disconnected. */
  close(): void {
    for (const id of [...this.#open.keys()]) this.cancel(id);
  }

  /** Answers all open requests with an error that says where the client waited. */
  abort(why: string): void {
    for (const [id, request] of [...this.#open]) {
      const error = `${why}; this client was ${describeWaiting(this.#waitingOf(request))}`;
      this.cancel(id);
      this.#responses.send(textFrame(writeResponse(id, { error })));
    }
  }

  /** What the client waits for. */
  waiting(): Waiting[] {
    return [...this.#open.values()].map((request) => this.#waitingOf(request));
  }

  /** Sends the messages of subscriptions, as far as the client reads them. */
  deliver(): void {
    this.#subscriptions.deliver(this.#responses.outbox, limits.highWater);
  }

  onRelease(request: OpenRequest): void {
    if (this.#finish(request, 'pass')) this.#responses.send(releaseFrame(request.id));
  }

  onMore(): void {
    this.#responses.outbox.wake();
  }

  onFailure(request: OpenRequest, why: unknown): void {
    if (this.#finish(request, 'leave')) this.#responses.sendError(request.id, why);
  }

  /** @returns whether it was still open: its ID may have been cancelled and reused. */
  #finish(request: OpenRequest, how: 'pass' | 'leave'): boolean {
    if (this.#open.get(request.id) !== request) return false;
    this.#open.delete(request.id);
    const { operation } = request;
    if (operation.kind === 'barrier')
      this.#context.activityLog.waited(how, operation.state, operation.target);
    return true;
  }

  #waitingOf({ operation, since }: OpenRequest): Waiting {
    const { store } = this.#context;
    const forMs = performance.now() - since;
    if (operation.kind === 'barrier')
      return { ...operation, count: store.knownCount(operation.state), forMs };
    const { topic } = operation;
    return { kind: 'topic', topic, messages: store.knownLength(topic), forMs };
  }

  #own(key: string): string {
    return servedKey(key, this.#context.keys);
  }

  #throwIfAborted(): void {
    const why = this.#context.abortReason();
    if (why !== undefined) throw new Error(why);
  }
}

/** Clients tend to use the same ID for the same barrier: caches the last frame that was sent. */
let lastRelease = { id: '' as RequestId, frame: textFrame(writeResponse('')) };

function releaseFrame(id: RequestId): string {
  if (lastRelease.id !== id) lastRelease = { id, frame: textFrame(writeResponse(id)) };
  return lastRelease.frame;
}
