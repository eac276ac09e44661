import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

/** A version of the register. The higher number is newer; of equal numbers, that of the higher client. */
export interface Version {
  readonly number: number;
  readonly client: number;
  /** Null before the first write. */
  readonly value: string | null;
}

/** A request from a client to a replica: to send its version, or to take a newer one. */
export type Request =
  | { readonly id: number; readonly ask: 'read' }
  | { readonly id: number; readonly ask: 'write'; readonly version: Version };

/** The answer, with the replica's version after the request. */
export interface Response {
  readonly id: number;
  readonly version: Version;
}

export function isNewer(one: Version, other: Version): boolean {
  return one.number > other.number || (one.number === other.number && one.client > other.client);
}

/**
 * Listens to the lines that come through a connection. An error ends it silently: a replica that has gone does not
 * answer, and clients wait for a majority.
 */
function hearLines(socket: Socket, hear: (line: string) => void): void {
  socket.on('error', () => {});
  // readline reports the errors of its input as its own.
  createInterface({ input: socket })
    .on('error', () => {})
    .on('line', hear);
}

/** A server for JSON objects, one per line. @returns its port, and a function that closes it. */
export async function serve(
  onRequest: (request: Request, answer: (response: Response) => void) => void,
): Promise<{ readonly port: number; readonly close: () => void }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const answer = (response: Response) => void socket.write(`${JSON.stringify(response)}\n`);
    hearLines(socket.setNoDelay(), (line) => onRequest(JSON.parse(line) as Request, answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a server has a port');
  const close = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port: address.port, close };
}

/** A connection to a replica. */
export class Link {
  readonly #socket: Socket;
  readonly #open = new Map<number, (response: Response) => void>();

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1').setNoDelay();
    hearLines(this.#socket, (line) => {
      const response = JSON.parse(line) as Response;
      this.#open.get(response.id)?.(response);
      this.#open.delete(response.id);
    });
  }

  /** Resolves to the answer; never resolves if there is none. */
  ask(request: Request): Promise<Response> {
    return new Promise((resolve) => {
      this.#open.set(request.id, resolve);
      this.#socket.write(`${JSON.stringify(request)}\n`);
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}
