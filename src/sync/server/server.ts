import type { RequestListener } from 'node:http';
import type { WebSocketServer } from 'ws';
import { messageOf, TgError } from '../../util/errors.ts';
import { maxFrameBytes } from '../protocol.ts';
import type { SyncStore } from '../store.ts';
import { type Endpoint, type EndpointContext, type EndpointOptions, OpenEndpoint } from './endpoint.ts';
import { limits } from './limits.ts';
import { everyKey, type ServedKeys } from './own-keys.ts';

/** The sync service: any number of endpoints on one store. It listens on loopback only, unless requested otherwise. */
export class SyncServer implements AsyncDisposable {
  readonly #around: EndpointContext;
  readonly #doors = new Set<OpenEndpoint>();
  #sessionIds = 0;
  #webSockets: Promise<WebSocketServer> | undefined;

  /** @param keys the keys that are served; requests for other keys are refused. */
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
   * Opens an endpoint, by default on any free port of 127.0.0.1.
   * @throws TgError (environment) when it cannot listen on the address.
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

  /** A counter of all activity at the endpoints; it does not change while the run is stalled. */
  get moves(): number {
    return this.#around.activity.moves;
  }

  /** Aborts all current and future waits with an error. */
  giveUp(why: string): void {
    this.#around.givenUp = why;
    for (const door of this.#doors) door.giveUp(why);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const door of this.#doors) door.close();
    (await this.#webSockets)?.close();
  }
}

/** Loads `ws` with the first client: it brings in HTTPS and TLS, which takes a tenth of the time of a small run. */
async function webSocketServer(): Promise<WebSocketServer> {
  const { WebSocketServer } = await import('ws');
  return new WebSocketServer({ noServer: true, maxPayload: maxFrameBytes, perMessageDeflate: false });
}

const sayWhatThisIs: RequestListener = (_request, response) => {
  response.writeHead(426, { 'content-type': 'text/plain' });
  response.end('This is a sync service of tg: it speaks WebSocket and the Redis protocol of old SDKs.\n');
};
