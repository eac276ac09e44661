import type { Socket } from 'node:net';

/**
 * Bounds how many bytes wait for one client to read, over all its connections. It counts no time: a client that is stopped, in a debugger
 * for instance, loses nothing by that.
 */
export class Backlog {
  readonly #sockets: ReadonlySet<Socket>;
  readonly #most: number;
  readonly #report: (problem: string) => void;

  /**
   * @param sockets the connections that the client has now.
   * @param most how many bytes may wait for all of them together.
   */
  constructor(sockets: ReadonlySet<Socket>, most: number, report: (problem: string) => void) {
    this.#sockets = sockets;
    this.#most = most;
    this.#report = report;
  }

  /** To be called when bytes wait: closes the connections for which most of them do, while there are too many. */
  check(): void {
    if (this.#most === Number.POSITIVE_INFINITY) return;
    let waiting = [...this.#sockets].reduce((sum, socket) => sum + waitingFor(socket), 0);
    if (waiting <= this.#most) return;
    const longest = [...this.#sockets].sort((a, b) => waitingFor(b) - waitingFor(a));
    for (const socket of longest) {
      if (waiting <= this.#most) return;
      const bytes = waitingFor(socket);
      waiting -= bytes;
      socket.destroy();
      this.#report(
        `cut off: the client does not read, and more than ${this.#most} bytes wait for it (${bytes} on this connection)`,
      );
    }
  }
}

function waitingFor(socket: Socket): number {
  return socket.destroyed ? 0 : socket.writableLength;
}
