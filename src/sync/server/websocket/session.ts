import type { Socket } from 'node:net';
import type { RawData, WebSocket } from 'ws';
import { messageOf } from '../../../util/errors.ts';
import type { Waiting } from '../../describe-waiting.ts';
import { maxFrameBytes, maxPayloadBytes } from '../../protocol.ts';
import type { SyncStore } from '../../store.ts';
import type { ClientContext } from '../client.ts';
import { limits } from '../limits.ts';
import { Misuse } from '../misuse.ts';
import { servedKey } from '../served-keys.ts';
import { BarriersAndSubscriptions } from './barriers-and-subscriptions.ts';
import { type Operation, type RequestId, readRequest, writeResponse } from './frames.ts';
import { Outbox } from './outbox.ts';
import { textFrame } from './text-frame.ts';

type PromptOperation = Extract<Operation, { kind: 'publish' | 'signal_entry' }>;

/** A client's WebSocket connection: reads requests, executes them on the store, and writes the responses. */
export class WebSocketSession {
  readonly #socket: WebSocket;
  readonly #context: ClientContext;
  readonly #store: SyncStore;
  readonly #outbox: Outbox;
  readonly #open: BarriersAndSubscriptions;
  /** The number of requests in progress, besides barriers and subscriptions, and the bytes of their frames. */
  #busy = 0;
  #busyBytes = 0;
  #paused = false;

  /** @param stream the socket under the WebSocket. */
  constructor(socket: WebSocket, stream: Socket, context: ClientContext) {
    this.#socket = socket;
    this.#context = context;
    this.#store = context.store;
    this.#outbox = new Outbox(stream, {
      onTurn: () => {
        if (this.#isOpen) this.#open.deliver();
      },
      onSent: () => {
        if (stream.writableLength > limits.highWater) context.backlog.check();
        this.#keepPace();
      },
    });
    this.#open = new BarriersAndSubscriptions(context, {
      outbox: this.#outbox,
      send: (frame) => this.#send(frame),
      sendError: (id, why) => this.#answerError(id, why),
    });
    socket.on('message', (data) => this.#receive(data));
    socket.on('close', () => this.#open.close());
    // An invalid frame, one that is too large, or a reset: ws closes the socket after this event.
    socket.on('error', (error) => {
      if ('code' in error && String(error.code).startsWith('WS_ERR'))
        context.report(`cut off: ${error.message}`);
    });
  }

  /** The open barriers and subscriptions. */
  waiting(): Waiting[] {
    return this.#open.waiting();
  }

  /** Aborts all open barriers and subscriptions with an error. */
  abortWaits(why: string): void {
    this.#open.abort(why);
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
          this.#open.begin(id, operation);
          break;
        case 'cancel':
          this.#open.cancel(id);
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
  async #carryOut(id: RequestId, operation: PromptOperation, bytes: number): Promise<void> {
    this.#busy++;
    this.#busyBytes += bytes;
    try {
      if (operation.kind === 'signal_entry') {
        const asked = performance.now();
        const seq = await this.#store.signalEntry(this.#own(operation.state));
        // The waiters that it released have been notified by now.
        this.#context.activityLog.signalled(operation.state, seq, performance.now() - asked);
        this.#send(textFrame(writeResponse(id, { signal_entry: { seq } })));
      } else {
        checkSize(operation.payload);
        const seq = await this.#store.publish(this.#own(operation.topic), operation.payload);
        this.#context.activityLog.published(operation.topic, operation.payload, seq);
        this.#send(textFrame(writeResponse(id, { publish: { seq } })));
      }
    } catch (error) {
      this.#answerError(id, error);
    } finally {
      this.#busy--;
      this.#busyBytes -= bytes;
      this.#keepPace();
    }
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
    this.#send(textFrame(writeResponse(id, { error: messageOf(error) })));
  }

  #send(frame: string): void {
    if (this.#isOpen) this.#outbox.add(frame);
  }
}

function checkSize(payload: string): void {
  const size = Buffer.byteLength(payload);
  if (size > maxPayloadBytes)
    throw new Misuse(`a payload of ${size} bytes is too large: at most ${maxPayloadBytes} are allowed`);
}
