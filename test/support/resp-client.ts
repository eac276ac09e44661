import { connect } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Endpoint } from '../../src/sync/server/endpoint.ts';

/** A Redis client that sends what it is given without any checks, so that tests can send invalid data. */
export interface RespClient {
  /** Sends a command. */
  send(...words: readonly string[]): void;
  /** Sends bytes as they are. */
  raw(bytes: string | Buffer): void;
  /** Returns `count` complete lines once they have arrived; fails if the connection is closed before. */
  lines(count: number): Promise<string[]>;
  /** Resolves when the server has closed the connection. */
  readonly closed: Promise<void>;
  close(): void;
}

export async function respClient({ host, port }: Pick<Endpoint, 'host' | 'port'>): Promise<RespClient> {
  const socket = connect({ host, port });
  onTestFinished(() => void socket.destroy());
  let text = '';
  let wake = () => {};
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    wake();
  });
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      resolve();
      wake();
    });
  });
  await new Promise<void>((resolve) => {
    socket.once('connect', resolve);
  });
  return {
    send(...words) {
      const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
      socket.write(`*${words.length}\r\n${parts.join('')}`);
    },
    raw: (bytes) => void socket.write(bytes),
    closed,
    close: () => void socket.destroy(),
    async lines(count) {
      while (text.split('\r\n').length <= count) {
        if (socket.destroyed) throw new Error(`closed after: ${text}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const lines = text.split('\r\n');
      text = lines.slice(count).join('\r\n');
      return lines.slice(0, count);
    },
  };
}
