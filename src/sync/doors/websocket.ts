import type { RawData, WebSocket } from 'ws';
import { messageOf } from '../../errors.ts';
import { maxPayloadBytes } from '../protocol.ts';
import type { SyncStore } from '../store.ts';
import { describeWaiting, type Waiting } from '../waiting.ts';
import type { ClientSurroundings } from './client.ts';
import { type Operation, type RequestId, readRequest, writeResponse } from './frames.ts';
import { Misuse, ownKey } from './own-keys.ts';

/** When more than so many bytes wait for a client to read, its subscriptions pause until they are gone. */
const highWater = 1024 * 1024;

interface Pending {
  readonly operation: Operation;
  readonly cancel: AbortController;
  readonly since: number;
}

/** One client's WebSocket: reads its requests, lets the store carry them out, writes the answers. */
export class Connection {
  readonly #socket: WebSocket;
  readonly #around: ClientSurroundings;
  readonly #store: SyncStore;
  readonly #pending = new Map<RequestId, Pending>();

  constructor(socket: WebSocket, around: ClientSurroundings) {
    this.#socket = socket;
    this.#around = around;
    this.#store = around.store;
    socket.on('message', (data) => this.#receive(data));
    socket.on('close', () => this.#cancelAll());
    // A broken frame, one that is too large, or a reset: ws closes the socket after this event.
    socket.on('error', (error) => {
      if ('code' in error && String(error.code).startsWith('WS_ERR'))
        around.report(`cut off: ${error.message}`);
    });
  }

  /** The barriers and subscriptions that are open now. */
  waiting(): Waiting[] {
    return [...this.#pending.values()].flatMap((pending) => this.#waitingOf(pending) ?? []);
  }

  /** Answers all that waits with an error. */
  giveUp(why: string): void {
    for (const [id, pending] of [...this.#pending]) {
      const waiting = this.#waitingOf(pending);
      this.#cancel(id);
      this.#send(
        writeResponse(id, {
          error: waiting === undefined ? why : `${why}; this was ${describeWaiting(waiting)}`,
        }),
      );
    }
  }

  #waitingOf({ operation, since }: Pending): Waiting | undefined {
    const forMs = performance.now() - since;
    if (operation.kind === 'barrier')
      return { ...operation, count: this.#store.knownCount(operation.state), forMs };
    if (operation.kind !== 'subscribe') return undefined;
    const { topic } = operation;
    return { kind: 'topic', topic, messages: this.#store.knownLength(topic), forMs };
  }

  #own(key: string): string {
    return ownKey(key, this.#around.prefix);
  }

  #receive(data: RawData): void {
    const { id, operation } = readRequest(data.toString());
    this.#carryOut(id, operation).catch((error: unknown) => {
      if (error instanceof Misuse) this.#around.report(error.message);
      this.#send(writeResponse(id, { error: messageOf(error) }));
    });
  }

  async #carryOut(id: RequestId, operation: Operation): Promise<void> {
    switch (operation.kind) {
      case 'signal_entry': {
        const seq = await this.#store.signalEntry(this.#own(operation.state));
        this.#around.ledger.signalled(operation.state);
        return this.#send(writeResponse(id, { signal_entry: { seq } }));
      }
      case 'publish': {
        checkSize(operation.payload);
        const seq = await this.#store.publish(this.#own(operation.topic), operation.payload);
        this.#around.ledger.moved();
        return this.#send(writeResponse(id, { publish: { seq } }));
      }
      case 'barrier':
        return await this.#cancellable(id, operation, async (signal) => {
          const { state, target } = operation;
          if (this.#store.knownCount(state) < target) this.#throwIfGivenUp();
          await this.#store.barrier(this.#own(state), target, signal);
          this.#send(writeResponse(id));
        });
      case 'subscribe':
        return await this.#cancellable(id, operation, async (signal) => {
          this.#throwIfGivenUp();
          for await (const batch of this.#store.subscribe(this.#own(operation.topic), signal)) {
            await this.#deliver(id, batch, signal);
          }
        });
      case 'cancel':
        return this.#cancel(id);
      case 'unreadable':
        throw new Misuse(operation.error);
    }
  }

  /** Work that lasts until it is done, cancelled by its id, or the client has gone. A cancel has no answer. */
  async #cancellable(
    id: RequestId,
    operation: Operation,
    work: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    if (this.#pending.has(id)) throw new Misuse(`a request with the id ${JSON.stringify(id)} is still open`);
    const cancel = new AbortController();
    this.#pending.set(id, { operation, cancel, since: performance.now() });
    this.#around.ledger.moved();
    try {
      await work(cancel.signal);
    } catch (error) {
      if (!cancel.signal.aborted) throw error;
    } finally {
      if (this.#pending.get(id)?.cancel === cancel) this.#pending.delete(id);
    }
  }

  #throwIfGivenUp(): void {
    const why = this.#around.givenUp();
    if (why !== undefined) throw new Error(why);
  }

  /** The id is free again at once. */
  #cancel(id: RequestId): void {
    this.#pending.get(id)?.cancel.abort();
    this.#pending.delete(id);
  }

  async #deliver(id: RequestId, batch: readonly string[], signal: AbortSignal): Promise<void> {
    for (const message of batch) {
      if (signal.aborted) return;
      const frame = writeResponse(id, { subscribe: message });
      if (this.#socket.bufferedAmount < highWater) this.#send(frame);
      else await new Promise<void>((resolve) => this.#socket.send(frame, () => resolve()));
    }
  }

  #send(frame: string): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(frame);
  }

  #cancelAll(): void {
    for (const { cancel } of this.#pending.values()) cancel.abort();
  }
}

function checkSize(payload: string): void {
  const size = Buffer.byteLength(payload);
  if (size > maxPayloadBytes)
    throw new Misuse(`a payload of ${size} bytes is too large: ${maxPayloadBytes} are the most`);
}
