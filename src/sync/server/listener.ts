import { createServer, type Server, type Socket } from 'node:net';
import { messageOf, TgError } from '../../util/errors.ts';
import type { Address, OpenEndpoint } from './endpoint.ts';
import { type Identity, isIdentifiedByToken, tokenIn } from './identity.ts';

/**
 * Listens for connections and hands each to the endpoint that its identity names. Connections that no endpoint claims
 * are closed.
 */
export class Listener {
  readonly #identity: Identity<OpenEndpoint>;
  readonly #server: Server;
  #address: Address = { host: '', port: 0 };

  constructor(identity: Identity<OpenEndpoint>) {
    this.#identity = identity;
    this.#server = createServer({ noDelay: true }, (socket) => this.#meet(socket));
  }

  /** @throws TgError (environment) when it cannot listen on the address. */
  async listen({ host, port }: Address): Promise<Address> {
    try {
      await new Promise<void>((resolve, reject) => {
        this.#server.once('error', reject);
        this.#server.listen({ host, port, backlog: 4_096 }, resolve);
      });
    } catch (cause) {
      const message = `the sync service cannot listen on ${host}:${port}: ${messageOf(cause)}`;
      throw new TgError('environment', message, {
        hint: 'Choose an address of this machine and a free port; --port 0 takes any.',
        cause,
      });
    }
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('a TCP listener has a port');
    this.#address = { host, port: address.port };
    return this.#address;
  }

  get address(): Address {
    return this.#address;
  }

  close(): void {
    this.#server.close();
  }

  #meet(socket: Socket): void {
    const address = socket.remoteAddress ?? '';
    if (!isIdentifiedByToken(this.#identity)) {
      this.#assign(socket, this.#identity.endpointOf({ address, token: undefined }));
      return;
    }
    // The connection may be reset before it has sent anything.
    socket.on('error', () => {});
    socket.once('data', (first) => {
      socket.pause();
      this.#assign(socket, this.#identity.endpointOf({ address, token: tokenIn(first) }), first);
    });
  }

  #assign(socket: Socket, endpoint: OpenEndpoint | undefined, first?: Buffer): void {
    if (endpoint === undefined) socket.destroy();
    else endpoint.accept(socket, first);
  }
}
