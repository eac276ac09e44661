import type { RequestListener } from 'node:http';
import type { Server } from 'node:net';
import type { WebSocketServer } from 'ws';
import { maxFrameBytes } from '../protocol.ts';
import type { SyncStore } from '../store.ts';
import {
  type Address,
  type Endpoint,
  type EndpointContext,
  type EndpointOptions,
  OpenEndpoint,
} from './endpoint.ts';
import { byPort, type CallerKey, SharedPort } from './identity.ts';
import { limits } from './limits.ts';
import { Listener } from './listener.ts';
import { everyKey, type ServedKeys } from './served-keys.ts';

/** Where an endpoint listens, and its options. */
export type OpenOptions = Partial<EndpointOptions & Address>;

/** Servers that listen already, where this process cannot. */
interface Listening {
  readonly servers: readonly Server[] | undefined;
}

/** Endpoints that share a port. */
export interface SharedEndpoints {
  readonly address: Address;
  /** Opens the endpoint of an instance, which is recognized by its address or token. */
  open(key: CallerKey, options?: Partial<EndpointOptions>): Endpoint;
}

/** The sync service: any number of endpoints on one store. It listens on loopback only, unless requested otherwise. */
export class SyncServer implements AsyncDisposable {
  readonly #context: EndpointContext;
  readonly #endpoints = new Set<OpenEndpoint>();
  readonly #listeners = new Set<Listener>();
  #sessionIds = 0;
  #webSockets: Promise<WebSocketServer> | undefined;

  /** @param keys the keys that are served; requests for other keys are refused. */
  constructor(store: SyncStore, keys: ServedKeys = everyKey) {
    this.#context = {
      store,
      keys,
      webSockets: () => {
        this.#webSockets ??= webSocketServer();
        return this.#webSockets;
      },
      sessions: new Map(),
      activity: { operations: 0 },
      abortReason: undefined,
      nextSessionId: () => ++this.#sessionIds,
    };
  }

  /**
   * Opens an endpoint with a port of its own, by default any free port of 127.0.0.1.
   * @throws TgError (environment) when it cannot listen on the address.
   */
  async open({ host = '127.0.0.1', port = 0, ...options }: OpenOptions = {}): Promise<Endpoint> {
    const endpoint = this.#endpointWith(options);
    const listener = new Listener(byPort(endpoint));
    endpoint.reachableAt(await listener.listen({ host, port }), () => listener.close());
    this.#endpoints.add(endpoint);
    return endpoint;
  }

  /**
   * Opens a port for several endpoints, which are distinguished by the caller's address or token. Unknown callers are
   * refused.
   * @param report receives a description of refused connections.
   * @throws TgError (environment) when it cannot listen on the address.
   */
  async share(
    by: 'address' | 'token',
    { host = '127.0.0.1', port = 0, servers }: Partial<Address & Listening> = {},
    report: (problem: string) => void = () => {},
  ): Promise<SharedEndpoints> {
    const identity = new SharedPort<OpenEndpoint>(by);
    const listener = new Listener(identity, report);
    const address =
      servers === undefined
        ? await listener.listen({ host, port })
        : listener.takeOver(servers, { host, port });
    this.#listeners.add(listener);
    return {
      address,
      open: (key, options = {}) => {
        const endpoint = this.#endpointWith(options);
        identity.add(key, endpoint);
        endpoint.reachableAt(address, () => identity.remove(key));
        this.#endpoints.add(endpoint);
        return endpoint;
      },
    };
  }

  #endpointWith(options: Partial<EndpointOptions>): OpenEndpoint {
    const { report = () => {}, http = sayWhatThisIs, note } = options;
    const { connections = limits.connections, backlog = limits.backlog } = options;
    return new OpenEndpoint(this.#context, { report, http, connections, backlog, note });
  }

  /** A counter of all activity at the endpoints; it does not change while the run is stalled. */
  get operations(): number {
    return this.#context.activity.operations;
  }

  /** Aborts all current and future waits with an error. */
  abortWaits(why: string): void {
    this.#context.abortReason = why;
    for (const endpoint of this.#endpoints) endpoint.abortWaits(why);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const endpoint of this.#endpoints) endpoint.close();
    for (const listener of this.#listeners) listener.close();
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
