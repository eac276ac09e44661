import type { Socket } from 'node:net';
import type { RawData, WebSocket } from 'ws';
import { messageOf } from '../../errors.ts';
import { maxFrameBytes, maxPayloadBytes } from '../protocol.ts';
import type { SyncStore } from '../store.ts';
import { describeWaiting, type Waiting } from '../waiting.ts';
import type { ClientSurroundings } from './client.ts';
import { type Operation, type RequestId, readRequest, writeResponse } from './frames.ts';
import { limits } from './limits.ts';
import { Misuse, ownKey } from './own-keys.ts';
import { SlowReader } from './slow-reader.ts';

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
  /** How many requests are carried out now, without those that wait. */
  #busy = 0;
  #paused = false;
  /** The bytes of the frames that they came in. */
  #busyBytes = 0;
  /** Subscriptions that wait for the client to read. */
  readonly #held = new Set<() => void>();
  readonly #slow: SlowReader;

  /** @param stream what the WebSocket goes over. */
  constructor(socket: WebSocket, stream: Socket, around: ClientSurroundings) {
    this.#socket = socket;
    this.#around = around;
    this.#slow = new SlowReader(stream, around.report);
    this.#store = around.store;
    socket.on('message', (data) => this.#receive(data));
    socket.on('close', () => {
      this.#cancelAll();
      this.#letGo();
    });
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
    const frame = data.toString();
    const { id, operation } = readRequest(frame);
    const waits = operation.kind === 'barrier' || operation.kind === 'subscribe';
    if (!waits) {
      this.#busy++;
      this.#busyBytes += frame.length;
    }
    this.#carryOut(id, operation)
      .catch((error: unknown) => {
        if (error instanceof Misuse) this.#around.report(error.message);
        this.#send(writeResponse(id, { error: messageOf(error) }));
      })
      .finally(() => {
        if (!waits) {
          this.#busy--;
          this.#busyBytes -= frame.length;
        }
        this.#keepPace();
      });
    this.#keepPace();
  }

  /** A client that does not take its answers, or asks for too much at once, is not read until it has caught up. */
  #keepPace(): void {
    const full =
      this.#socket.bufferedAmount > limits.highWater ||
      this.#busy > limits.atOnce ||
      this.#busyBytes > maxFrameBytes;
    if (full === this.#paused) return;
    this.#paused = full;
    if (full) this.#socket.pause();
    else this.#socket.resume();
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
    if (this.#pending.size >= limits.open)
      throw new Misuse(`more than ${limits.open} barriers and subscriptions are open on one connection`);
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
    this.#letGo();
    this.#pending.delete(id);
  }

  async #deliver(id: RequestId, batch: readonly string[], signal: AbortSignal): Promise<void> {
    for (const message of batch) {
      while (this.#isFull && !signal.aborted) await new Promise<void>((resolve) => this.#held.add(resolve));
      if (signal.aborted) return;
      this.#send(writeResponse(id, { subscribe: message }));
    }
  }

  get #isFull(): boolean {
    return this.#socket.readyState === this.#socket.OPEN && this.#socket.bufferedAmount >= limits.highWater;
  }

  /** Those that were held look again: the first of them may fill it anew. */
  #letGo(): void {
    const held = [...this.#held];
    this.#held.clear();
    for (const resume of held) resume();
  }

  #send(frame: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#socket.send(frame, () => {
      this.#keepPace();
      if (!this.#isFull) this.#letGo();
    });
    this.#slow.watch();
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
