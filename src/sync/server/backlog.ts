import type { Socket } from 'node:net';

/**
 * Limits the bytes buffered for one client over all its connections. There is no time limit: a client that is only
 * paused, in a debugger for instance, is not disconnected.
 */
export class Backlog {
  readonly #sockets: ReadonlySet<Socket>;
  readonly #max: number;
  readonly #report: (problem: string) => void;

  /**
   * @param sockets the client's current connections.
   * @param max the limit for all of them together, in bytes.
   */
  constructor(sockets: ReadonlySet<Socket>, max: number, report: (problem: string) => void) {
    this.#sockets = sockets;
    this.#max = max;
    this.#report = report;
  }

  /**
   * Call this when bytes are buffered: while the limit is exceeded, it closes the connections with the largest buffers.
   */
  check(): void {
    if (this.#max === Number.POSITIVE_INFINITY) return;
    let waiting = [...this.#sockets].reduce((sum, socket) => sum + waitingFor(socket), 0);
    if (waiting <= this.#max) return;
    const longest = [...this.#sockets].sort((a, b) => waitingFor(b) - waitingFor(a));
    for (const socket of longest) {
      if (waiting <= this.#max) return;
      const bytes = waitingFor(socket);
      waiting -= bytes;
      socket.destroy();
      this.#report(
        `cut off: the client does not read, and more than ${this.#max} bytes are queued for it (${bytes} on this connection)`,
      );
    }
  }
}

function waitingFor(socket: Socket): number {
  return socket.destroyed ? 0 : socket.writableLength;
}
