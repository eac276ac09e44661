import { connect, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { InitContext, RunEnv } from 'testground-tg/sdk';

/** Where an instance listens. */
export interface Peer {
  /** Its number among all instances, from 1. */
  readonly seq: number;
  readonly port: number;
}

/** Listens for messages from others, one JSON object per line. @returns the port, and a function that closes it. */
export async function listen(
  hear: (message: unknown) => void,
): Promise<{ readonly port: number; readonly close: () => void }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    // readline reports the errors of its input as its own.
    createInterface({ input: socket })
      .on('error', () => {})
      .on('line', (line) => hear(JSON.parse(line)));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a server has a port');
  const close = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port: address.port, close };
}

/** Publishes the port of this instance. @returns all instances, once each has published its port. */
export async function meet(
  port: number,
  { testInstanceCount }: RunEnv,
  { syncClient, globalSeq }: InitContext,
): Promise<Peer[]> {
  await syncClient.publish('peers', { seq: globalSeq, port } satisfies Peer);
  const peers: Peer[] = [];
  for await (const peer of syncClient.subscribe<Peer>('peers')) {
    peers.push(peer);
    if (peers.length === testInstanceCount) break;
  }
  return peers;
}

/** Sends messages to others: one connection to each, opened when it is first needed. */
export class Speaker {
  readonly #sockets = new Map<number, Socket>();

  tell({ port }: Peer, message: unknown): void {
    const socket = this.#sockets.get(port) ?? connect(port, '127.0.0.1').setNoDelay();
    if (!this.#sockets.has(port)) {
      // Messages to an instance that has gone are lost.
      socket.on('error', () => {});
      this.#sockets.set(port, socket);
    }
    socket.write(`${JSON.stringify(message)}\n`);
  }

  close(): void {
    for (const socket of this.#sockets.values()) socket.destroy();
  }
}
