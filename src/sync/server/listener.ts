import { createServer, type Server, type Socket } from 'node:net';
import { messageOf, TgError } from '../../util/errors.ts';
import type { Address, OpenEndpoint } from './endpoint.ts';
import { type Identity, tokenIn } from './identity.ts';
import { limits } from './limits.ts';
import { respArray } from './redis/resp.ts';

/** The largest head of a request in which a token is looked for, in bytes. */
const maxHead = 16 * 1024;

/**
 * Listens for connections and hands each to the endpoint that its identity names. Connections that no endpoint claims
 * are closed.
 */
export class Listener {
  readonly #identity: Identity<OpenEndpoint>;
  readonly #report: (problem: string) => void;
  readonly #server: Server;
  /** Connections that have not sent their token yet, oldest first. */
  readonly #unidentified = new Set<Socket>();

  /** @param report receives a description of refused connections. */
  constructor(identity: Identity<OpenEndpoint>, report: (problem: string) => void = () => {}) {
    this.#identity = identity;
    this.#report = report;
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
    return { host, port: address.port };
  }

  /** Accepts the connections of servers that listen already. @param address the one that callers know. */
  takeOver(servers: readonly Server[], address: Address): Address {
    for (const server of servers) {
      server.on('connection', (socket) => {
        socket.setNoDelay(true);
        this.#meet(socket);
      });
      server.on('error', (error) => this.#report(`not accepted: ${messageOf(error)}`));
    }
    return address;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#unidentified) socket.destroy();
  }

  #meet(socket: Socket): void {
    if (this.#identity.by === 'token') this.#readHead(socket);
    else this.#assign(socket, undefined);
  }

  /** Reads until the head of a request is complete, or is none. */
  #readHead(socket: Socket): void {
    const [oldest] = this.#unidentified;
    if (oldest !== undefined && this.#unidentified.size >= limits.connections) oldest.destroy();
    this.#unidentified.add(socket);
    const chunks: Buffer[] = [];
    const onData = (chunk: Buffer) => {
      chunks.push(chunk);
      const head = Buffer.concat(chunks);
      // A Redis command has no head.
      if (head[0] !== respArray && !head.includes('\r\n\r\n') && head.length < maxHead) return;
      socket.off('data', onData);
      socket.pause();
      this.#unidentified.delete(socket);
      this.#assign(socket, tokenIn(head), head);
    };
    // The connection may be reset before it has sent anything.
    socket.on('error', () => {});
    socket.on('close', () => this.#unidentified.delete(socket));
    socket.on('data', onData);
  }

  #assign(socket: Socket, token: string | undefined, first?: Buffer): void {
    const address = socket.remoteAddress ?? '';
    const endpoint = this.#identity.endpointOf({ address, token });
    if (endpoint !== undefined) {
      endpoint.accept(socket, first);
      return;
    }
    socket.on('error', () => {});
    socket.destroy();
    this.#report(
      `refused: no instance of this run has ${token === undefined ? `the address ${address}` : 'this token'}`,
    );
  }
}
