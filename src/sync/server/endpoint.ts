import {
  createServer as createHttpServer,
  type Server as HttpServer,
  type IncomingMessage,
  type RequestListener,
} from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { WebSocket, WebSocketServer } from 'ws';
import { codeOf } from '../../util/errors.ts';
import { truncate } from '../../util/truncate.ts';
import type { Waiting } from '../describe-waiting.ts';
import { scriptAgent } from '../protocol.ts';
import type { SyncStore } from '../store.ts';
import { type Activity, ActivityLog, type Note } from './activity-log.ts';
import { Backlog } from './backlog.ts';
import type { ClientContext } from './client.ts';
import { BarrierPolls } from './redis/barrier-polls.ts';
import { respArray } from './redis/resp.ts';
import { RedisSession } from './redis/session.ts';
import type { ServedKeys } from './served-keys.ts';
import { WebSocketSession } from './websocket/session.ts';

/** A host, as a name or an IP address, and a port. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** The side of the sync service that one instance sees: its clients, what they wait for, and what they have done. */
export interface Endpoint extends Address {
  /** Whether a client has ever connected. */
  readonly used: boolean;
  /** Whether one of the clients was an SDK and not `tg sync`. */
  readonly usedBySdk: boolean;
  /** The number of open connections. */
  readonly connections: number;
  /** What the clients of this endpoint wait for now. */
  waiting(): Waiting[];
  /** Whether a state was signalled through this endpoint, as far as that is remembered. */
  signalsOf(state: string): 'some' | 'none';
  /** Accepts no more connections and closes all open ones. */
  close(): void;
}

/** State shared by all endpoints of a server. */
export interface EndpointContext {
  readonly store: SyncStore;
  readonly keys: ServedKeys;
  /** The server that accepts WebSocket handshakes. */
  readonly webSockets: () => Promise<WebSocketServer>;
  /** The Redis sessions of all endpoints, by number. */
  readonly sessions: Map<number, RedisSession>;
  readonly activity: Activity;
  /** The reason why waits are aborted, or undefined. */
  abortReason: string | undefined;
  nextSessionId(): number;
}

/** Options of one endpoint. */
export interface EndpointOptions {
  /** Receives a description of what a client did wrong. */
  readonly report: (problem: string) => void;
  /** Handles HTTP requests that are not WebSocket upgrades. */
  readonly http: RequestListener;
  /** The largest number of concurrent connections. */
  readonly connections: number;
  /** The limit on bytes buffered for the clients of this endpoint. */
  readonly backlog: number;
  /** Receives the activity at this endpoint. */
  readonly note?: Note | undefined;
}

/**
 * Works around Nagle's algorithm in clients that send a frame's header apart from its payload, such as the Rust crate.
 * They hold the payload back until the header is acknowledged, and the receiving kernel delays that for up to 40 ms
 * unless it has something to send. An unsolicited pong does; clients ignore it (RFC 6455, 5.5.3).
 */
function preventNagleDelay(socket: Duplex, webSocket: WebSocket): void {
  socket.on('data', (chunk: Buffer) => {
    if (isHeadOnly(chunk)) webSocket.pong();
  });
}

/** Whether a chunk is the header of a frame with a payload (RFC 6455, 5.2) and contains none of the payload. */
function isHeadOnly(chunk: Buffer): boolean {
  const second = chunk[1] ?? 0;
  const length = second & 0x7f;
  const extended = length === 127 ? 8 : length === 126 ? 2 : 0;
  const mask = second & 0x80 ? 4 : 0;
  return length > 0 && chunk.length === 2 + extended + mask;
}

/** Whether an Origin (RFC 6454) is a page on this machine. `null` does not count, because any page can have it. */
function isOfThisMachine(origin: string): boolean {
  if (!URL.canParse(origin)) return false;
  const { hostname } = new URL(origin);
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}

/**
 * An endpoint for all protocols of the sync service: WebSocket for current SDKs, Redis for old ones. The first byte of
 * a connection selects the protocol. A listener hands it the connections.
 */
export class OpenEndpoint implements Endpoint {
  readonly #clients = new Set<WebSocketSession | RedisSession>();
  readonly #sockets = new Set<Socket>();
  /** Connections without any request yet, oldest first. */
  readonly #unused = new Set<Socket>();
  readonly #context: EndpointContext;
  readonly #report: (problem: string) => void;
  readonly #http: HttpServer;
  readonly #activityLog: ActivityLog;
  readonly #polls: BarrierPolls;
  readonly #backlog: Backlog;
  readonly #maxConnections: number;
  used = false;
  usedBySdk = false;
  #isClosed = false;
  #onClose = () => {};
  host = '';
  port = 0;

  constructor(context: EndpointContext, { report, http, connections, backlog, note }: EndpointOptions) {
    this.#maxConnections = connections;
    this.#context = context;
    this.#activityLog = new ActivityLog(context.activity, note);
    this.#polls = new BarrierPolls(this.#activityLog, context.store);
    this.#report = report;
    this.#backlog = new Backlog(this.#sockets, backlog, report);
    // A client may pause for any time, even in the middle of a request, for instance in a debugger.
    const noTimeouts = { keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 };
    this.#http = createHttpServer(noTimeouts, (request, response) => {
      this.#unused.delete(request.socket);
      const foreign = this.#foreignOrigin(request);
      if (foreign === undefined) http(request, response);
      else response.writeHead(403, { 'content-type': 'text/plain' }).end(`${foreign}\n`);
    });
    this.#http.on('clientError', (error, socket) => {
      // A parse error. A reset is not reported.
      if (codeOf(error)?.startsWith('HPE_'))
        this.#report(`cut off: not a protocol of the sync service (${error.message})`);
      socket.destroy();
    });
    this.#http.on('upgrade', (request, socket, head) => {
      this.#unused.delete(request.socket);
      const foreign = this.#foreignOrigin(request);
      if (foreign !== undefined) {
        socket.end(
          `HTTP/1.1 403 Forbidden\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n${foreign}\n`,
        );
        return;
      }
      // Data that arrives meanwhile stays in the socket.
      context.webSockets().then(
        (webSockets) => this.#upgrade(webSockets, request, socket, head),
        (error: unknown) => socket.destroy(error instanceof Error ? error : undefined),
      );
    });
  }

  #upgrade(webSockets: WebSocketServer, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      const connection = new WebSocketSession(webSocket, socket as Socket, this.#clientContext());
      preventNagleDelay(socket, webSocket);
      this.#admit(connection, request.headers['user-agent']);
      webSocket.on('close', () => this.#clients.delete(connection));
    });
  }

  /**
   * Tells the endpoint where it can be reached.
   * @param onClose called when it closes.
   */
  reachableAt({ host, port }: Address, onClose: () => void): void {
    this.host = host;
    this.port = port;
    this.#onClose = onClose;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  waiting(): Waiting[] {
    return [...this.#polls.waiting(), ...[...this.#clients].flatMap((client) => client.waiting())];
  }

  signalsOf(state: string): 'some' | 'none' {
    return this.#activityLog.signalsOf(state);
  }

  /** Aborts all waits. */
  abortWaits(why: string): void {
    for (const client of this.#clients) client.abortWaits(why);
  }

  close(): void {
    this.#isClosed = true;
    this.#onClose();
    for (const socket of this.#sockets) socket.destroy();
    this.#polls.close();
  }

  #clientContext(): ClientContext {
    const { store, keys } = this.#context;
    const abortReason = () => this.#context.abortReason;
    return {
      store,
      keys,
      abortReason,
      activityLog: this.#activityLog,
      backlog: this.#backlog,
      report: this.#report,
    };
  }

  /** @param agent the client's User-Agent, if any. */
  #admit(client: WebSocketSession | RedisSession, agent?: string): void {
    this.used = true;
    if (agent !== scriptAgent) this.usedBySdk = true;
    this.#clients.add(client);
  }

  /** A page of another site may open connections to this machine from a user's browser. */
  #foreignOrigin({ headers: { origin } }: IncomingMessage): string | undefined {
    if (origin === undefined || isOfThisMachine(origin)) return undefined;
    const text = `web pages of ${truncate(origin, 200)} may not connect`;
    this.#report(`refused: ${text}`);
    return text;
  }

  /**
   * Serves a connection.
   * @param first what the listener has read from it already.
   */
  accept(socket: Socket, first?: Buffer): void {
    // The connection may be reset before it has sent anything.
    socket.on('error', () => {});
    if (this.#isClosed) {
      socket.destroy();
      return;
    }
    if (this.#sockets.size >= this.#maxConnections && !this.#makeRoom()) {
      socket.destroy();
      this.#report(`refused: at most ${this.#maxConnections} connections may be open`);
      return;
    }
    this.#sockets.add(socket);
    this.#unused.add(socket);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#unused.delete(socket);
    });
    if (first === undefined) socket.once('data', (chunk) => this.#serve(socket, chunk));
    else this.#serve(socket, first);
  }

  #serve(socket: Socket, first: Buffer): void {
    socket.pause();
    socket.unshift(first);
    if (first[0] === respArray) this.#serveRedis(socket);
    else this.#http.emit('connection', socket);
    socket.resume();
  }

  /**
   * Closes the oldest connection without any request yet. Connections are never closed for their age alone: clients
   * keep idle connections in a pool (go-redis does, MinIdleConns).
   * @returns whether there was such a connection.
   */
  #makeRoom(): boolean {
    const [oldest] = this.#unused;
    if (oldest === undefined) return false;
    this.#unused.delete(oldest);
    this.#sockets.delete(oldest);
    oldest.destroy();
    const max = this.#maxConnections;
    this.#report(`closed: this connection sent no request, and at most ${max} connections may be open`);
    return true;
  }

  #serveRedis(socket: Socket): void {
    this.#unused.delete(socket);
    const { sessions } = this.#context;
    const id = this.#context.nextSessionId();
    const unblock = (other: number, withError: boolean) => sessions.get(other)?.unblock(withError) ?? false;
    const session = new RedisSession(socket, { ...this.#clientContext(), id, unblock, polls: this.#polls });
    sessions.set(id, session);
    this.#admit(session);
    socket.on('close', () => {
      sessions.delete(id);
      this.#clients.delete(session);
      if (![...this.#clients].some((client) => client instanceof RedisSession)) this.#polls.leave();
    });
  }
}
