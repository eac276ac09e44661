/** What a listener knows about a caller. */
export interface Caller {
  /** Its IP address. */
  readonly address: string;
  /** The bearer token of its HTTP request; undefined if it has sent none. */
  readonly token: string | undefined;
}

/** Decides which instance a connection comes from. */
export interface Identity<Endpoint> {
  /** By a token, callers can be recognized only once they have sent something. */
  readonly by: 'port' | 'address' | 'token';
  /** Undefined if no instance is known that the caller could be. */
  endpointOf(caller: Caller): Endpoint | undefined;
}

/** How the callers of one endpoint are recognized, where several endpoints share a port. */
export type CallerKey =
  | { readonly by: 'address'; readonly address: string }
  | { readonly by: 'token'; readonly token: string };

/** A port for each endpoint: every caller there is the endpoint's instance. */
export function byPort<Endpoint>(endpoint: Endpoint): Identity<Endpoint> {
  return { by: 'port', endpointOf: () => endpoint };
}

/** One port for all: an instance is recognized by its IP address, or by a token that it sends. */
export class SharedPort<Endpoint> implements Identity<Endpoint> {
  readonly by: 'address' | 'token';
  readonly #endpoints = new Map<string, Endpoint>();

  constructor(by: 'address' | 'token') {
    this.by = by;
  }

  /** @throws Error if another endpoint has the same key. */
  add(key: CallerKey, endpoint: Endpoint): void {
    if (this.#endpoints.has(textOf(key))) throw new Error(`two instances have the same ${key.by}`);
    this.#endpoints.set(textOf(key), endpoint);
  }

  remove(key: CallerKey): void {
    this.#endpoints.delete(textOf(key));
  }

  endpointOf({ address, token }: Caller): Endpoint | undefined {
    const key = this.by === 'address' ? withoutMapping(address) : token;
    return key === undefined ? undefined : this.#endpoints.get(key);
  }
}

function textOf(key: CallerKey): string {
  return key.by === 'address' ? key.address : key.token;
}

/** An IPv4 address as an IPv6 listener reports it (RFC 4291, 2.5.5.2). */
function withoutMapping(address: string): string {
  return address.replace(/^::ffff:/, '');
}

/** The bearer token (RFC 6750, 2.1) in the head of an HTTP request; undefined if there is none. */
export function tokenIn(first: Buffer): string | undefined {
  const [head = ''] = first.toString('latin1').split('\r\n\r\n', 1);
  return /^authorization: *bearer +(\S+) *$/im.exec(head)?.[1];
}
