import type { Socket } from 'node:net';
import { limits } from './limits.ts';

/** How often, in ms, it is looked whether a client reads. */
const lookEvery = 1_000;

/** Cuts off a client that does not read while much waits for it: that takes memory from all others. */
export class SlowReader {
  readonly #socket: Socket;
  readonly #report: (problem: string) => void;
  readonly #allowed: number;
  #timer: NodeJS.Timeout | undefined;
  #left = '';
  #since = 0;

  /** @param allowed so many bytes may wait for as long as they like. */
  constructor(socket: Socket, report: (problem: string) => void, allowed: number = limits.highWater) {
    this.#allowed = allowed;
    this.#socket = socket;
    this.#report = report;
    socket.once('close', () => this.#rest());
  }

  /** To be called when something waits for the client to read. */
  watch(): void {
    if (this.#timer !== undefined || this.#socket.writableLength <= this.#allowed) return;
    this.#left = '';
    this.#timer = setInterval(() => this.#look(), lookEvery);
  }

  #look(): void {
    const waiting = this.#socket.writableLength;
    const now = performance.now();
    const left = `${this.#socket.bytesWritten} ${waiting} ${partOfWrite(this.#socket)}`;
    if (waiting <= this.#allowed) {
      this.#rest();
    } else if (left !== this.#left) {
      this.#left = left;
      this.#since = now;
    } else if (now - this.#since > limits.slowAfterMs) {
      this.#rest();
      this.#report(
        `cut off: it has read nothing for ${limits.slowAfterMs / 1_000} s, while ${waiting} bytes waited for it`,
      );
      this.#socket.destroy();
    }
  }

  #rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/** What is left of a large write that the system has taken a part of: Node tells it of its handle only. */
function partOfWrite(socket: Socket): unknown {
  const handle: unknown = Reflect.get(socket, '_handle');
  return typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'writeQueueSize') : undefined;
}
