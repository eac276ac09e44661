import type { RequestListener } from 'node:http';
import type { WebSocketServer } from 'ws';
import { messageOf, TgError } from '../../util/errors.ts';
import { maxFrameBytes } from '../protocol.ts';
import type { SyncStore } from '../store.ts';
import { type Endpoint, type EndpointContext, type EndpointOptions, OpenEndpoint } from './endpoint.ts';
import { limits } from './limits.ts';
import { everyKey, type ServedKeys } from './own-keys.ts';

/** The sync service as clients reach it: any number of doors to one store. Loopback only, unless asked. */
export class SyncServer implements AsyncDisposable {
  readonly #around: EndpointContext;
  readonly #doors = new Set<OpenEndpoint>();
  #sessionIds = 0;
  #webSockets: Promise<WebSocketServer> | undefined;

  /** @param keys which keys are served; a client that names another is refused. */
  constructor(store: SyncStore, keys: ServedKeys = everyKey) {
    this.#around = {
      store,
      keys,
      webSockets: () => {
        this.#webSockets ??= webSocketServer();
        return this.#webSockets;
      },
      sessions: new Map(),
      activity: { moves: 0 },
      givenUp: undefined,
      nextSessionId: () => ++this.#sessionIds,
    };
  }

  /**
   * Opens a door; on any free port of 127.0.0.1 where nothing else is said.
   * @throws TgError (environment) when the address cannot be listened on.
   */
  async open(options: Partial<EndpointOptions> = {}): Promise<Endpoint> {
    const { host = '127.0.0.1', port = 0, report = () => {}, http = sayWhatThisIs } = options;
    const { connections = limits.connections, backlog = limits.backlog, note } = options;
    const door = new OpenEndpoint(this.#around, { report, http, connections, backlog, note });
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

  /** A number that grows with all that is done through the doors: while it stays, nothing moves. */
  get moves(): number {
    return this.#around.activity.moves;
  }

  /** Answers everybody who waits, now and later, with an error: what they wait for will not come. */
  giveUp(why: string): void {
    this.#around.givenUp = why;
    for (const door of this.#doors) door.giveUp(why);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const door of this.#doors) door.close();
    (await this.#webSockets)?.close();
  }
}

/** Loaded with the first client: with HTTPS and TLS, which `ws` brings along, it takes a tenth of the time of a small run. */
async function webSocketServer(): Promise<WebSocketServer> {
  const { WebSocketServer } = await import('ws');
  return new WebSocketServer({ noServer: true, maxPayload: maxFrameBytes, perMessageDeflate: false });
}

const sayWhatThisIs: RequestListener = (_request, response) => {
  response.writeHead(426, { 'content-type': 'text/plain' });
  response.end('This is a sync service of tg: it speaks WebSocket, and what old SDKs send to a Redis.\n');
};
