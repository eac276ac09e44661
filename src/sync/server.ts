import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import { messageOf, TgError } from '../errors.ts';
import { Connection, type Waiting } from './connection.ts';
import { maxFrameBytes } from './protocol.ts';
import type { SyncStore } from './store.ts';

/** An address at which the sync service can be reached. Each instance has a door of its own: it tells who is calling. */
export interface Door {
  readonly host: string;
  readonly port: number;
  /** Whether a client ever came through. */
  readonly used: boolean;
  /** What those who came through wait for now. */
  waiting(): Waiting[];
  /** Closes the door; who is inside is cut off. */
  close(): void;
}

/** The WebSocket side of the sync service: any number of doors to one store. Loopback only, unless asked. */
export class SyncServer implements AsyncDisposable {
  readonly #store: SyncStore;
  readonly #doors = new Set<OpenDoor>();
  readonly #webSockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxFrameBytes,
    perMessageDeflate: false,
  });

  constructor(store: SyncStore) {
    this.#store = store;
  }

  /**
   * Opens a door.
   * @param port 0 for any free one.
   * @throws TgError (environment) when the address cannot be listened on.
   */
  async open(host = '127.0.0.1', port = 0): Promise<Door> {
    const door = new OpenDoor(this.#webSockets, this.#store);
    try {
      await door.listen(host, port);
    } catch (cause) {
      throw new TgError(
        'environment',
        `the sync service cannot listen on ${host}:${port}: ${messageOf(cause)}`,
        {
          hint: 'Choose an address of this machine and a free port; --port 0 takes any.',
          cause,
        },
      );
    }
    this.#doors.add(door);
    return door;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const door of this.#doors) door.close();
    this.#webSockets.close();
  }
}

class OpenDoor implements Door {
  readonly #connections = new Set<Connection>();
  readonly #sockets = new Set<Socket>();
  readonly #http: HttpServer;
  readonly #server: Server;
  used = false;
  host = '';
  port = 0;

  constructor(webSockets: WebSocketServer, store: SyncStore) {
    this.#http = createHttpServer((_request, response) => {
      response.writeHead(426, { 'content-type': 'text/plain' });
      response.end('This is a sync service of tg: it speaks WebSocket.\n');
    });
    this.#http.on('upgrade', (request, socket, head) => {
      webSockets.handleUpgrade(request, socket, head, (webSocket) => {
        this.used = true;
        const connection = new Connection(webSocket, store);
        this.#connections.add(connection);
        webSocket.on('close', () => this.#connections.delete(connection));
      });
    });
    this.#server = createServer({ noDelay: true }, (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      this.#http.emit('connection', socket);
    });
  }

  async listen(host: string, port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port, backlog: 4_096 }, resolve);
    });
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('a TCP listener has a port');
    this.host = host;
    this.port = address.port;
  }

  waiting(): Waiting[] {
    return [...this.#connections].flatMap((connection) => connection.waiting());
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
