import { WebSocket } from 'ws';
import type { Request, Response } from '../sync/protocol.ts';

type Operation = Omit<Request, 'id' | 'is_cancel'>;

interface Listener {
  answer(response: Response): void;
  fail(error: Error): void;
}

/** A connection to the sync service that matches responses to requests by their ids. */
export class SyncSocket {
  readonly #socket: WebSocket;
  readonly #address: string;
  readonly #listeners = new Map<string, Listener>();
  #next = 0;
  #failure: Error | undefined;

  private constructor(socket: WebSocket, address: string) {
    this.#socket = socket;
    this.#address = address;
    socket.on('message', (data) => this.#receive(data.toString()));
    socket.on('close', () =>
      this.#fail(new Error(`the connection to the sync service at ${address} was closed`)),
    );
    socket.on('error', (error) => this.#fail(error));
  }

  /** @throws if the connection fails; with a hint. */
  static async connect(address: string, signal?: AbortSignal): Promise<SyncSocket> {
    signal?.throwIfAborted();
    const socket = new WebSocket(address, { perMessageDeflate: false });
    const abort = () => socket.terminate();
    signal?.addEventListener('abort', abort);
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('open', resolve);
        socket.once('error', reject);
      });
    } catch (cause) {
      signal?.throwIfAborted();
      const why = cause instanceof Error ? cause.message || String(cause) : String(cause);
      throw new Error(
        `no sync service answers at ${address} (${why}); outside a run, start one with: tg sync-service`,
        { cause },
      );
    } finally {
      signal?.removeEventListener('abort', abort);
    }
    return new SyncSocket(socket, address);
  }

  /** Sends a request with one response. An abort cancels it and rejects with the signal's reason. */
  ask(operation: Operation, signal?: AbortSignal): Promise<Response> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const id = this.#open({
        answer: (response) =>
          settle(() => (response.error ? reject(new Error(response.error)) : resolve(response))),
        fail: (error) => settle(() => reject(error)),
      });
      const onAbort = () => {
        this.#cancel(id);
        reject(signal?.reason);
      };
      const settle = (how: () => void) => {
        this.#listeners.delete(id);
        signal?.removeEventListener('abort', onAbort);
        how();
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#send({ id, ...operation });
    });
  }

  /** Sends a request with a stream of responses, until the listener is disposed of. */
  listen(operation: Operation, listener: Listener): Disposable {
    const id = this.#open(listener);
    this.#send({ id, ...operation });
    return { [Symbol.dispose]: () => this.#cancel(id) };
  }

  /** Closes the connection; pending requests fail. */
  async close(): Promise<void> {
    if (this.#socket.readyState === WebSocket.CLOSED) return;
    await new Promise<void>((resolve) => {
      this.#socket.once('close', () => resolve());
      this.#socket.close();
    });
  }

  #open(listener: Listener): string {
    const id = String(this.#next++);
    this.#listeners.set(id, listener);
    return id;
  }

  #send(request: Request): void {
    if (this.#failure !== undefined) this.#listeners.get(request.id)?.fail(this.#failure);
    else this.#socket.send(JSON.stringify(request));
  }

  #cancel(id: string): void {
    if (this.#listeners.delete(id) && this.#failure === undefined) this.#send({ id, is_cancel: true });
  }

  #receive(frame: string): void {
    const response = JSON.parse(frame) as Response;
    const listener = this.#listeners.get(response.id);
    if (listener !== undefined) listener.answer(response);
    // A response without an id is the server's error about a malformed frame.
    else if (response.id === '')
      this.#fail(new Error(`the sync service at ${this.#address}: ${response.error}`));
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    const listeners = [...this.#listeners.values()];
    this.#listeners.clear();
    for (const listener of listeners) listener.fail(this.#failure);
  }
}
