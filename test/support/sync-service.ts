import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import type { Endpoint } from '../../src/sync/server/endpoint.ts';
import { keysOfRun } from '../../src/sync/server/served-keys.ts';
import { SyncServer } from '../../src/sync/server/server.ts';
import { MemoryStore } from '../../src/sync/stores/memory-store.ts';

/** A sync service in memory with an endpoint, and the mistakes of clients that the endpoint has reported. */
export interface SomeService {
  readonly server: SyncServer;
  readonly endpoint: Endpoint;
  readonly reported: string[];
  readonly store: MemoryStore;
}

/** Starts a sync service in memory, which is closed when the test has finished. */
export async function someService(prefix = ''): Promise<SomeService> {
  const store = new MemoryStore();
  const server = new SyncServer(store, keysOfRun(prefix));
  onTestFinished(async () => {
    await server[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
  });
  const reported: string[] = [];
  const endpoint = await server.open({ report: (problem) => reported.push(problem) });
  return { server, endpoint, reported, store };
}

/** Starts a sync service in memory. @returns its endpoint. */
export async function someSyncService(): Promise<Endpoint> {
  return (await someService()).endpoint;
}

/** A WebSocket client that sends frames without any checks, so that tests can send invalid ones. */
export interface RawClient {
  send(frame: string): void;
  /** Returns the next frame; fails if the connection is closed instead. */
  next(): Promise<string>;
  /** The number of frames that have arrived and that `next` has not returned. */
  readonly left: number;
  /** Stops reading. */
  pause(): void;
  resume(): void;
  close(): void;
}

export async function rawClient({ host, port }: Pick<Endpoint, 'host' | 'port'>): Promise<RawClient> {
  const socket = new WebSocket(`ws://${host}:${port}`);
  const frames: string[] = [];
  let wake = () => {};
  let closed = false;
  socket.on('message', (data) => {
    frames.push(data.toString());
    wake();
  });
  socket.on('close', () => {
    closed = true;
    wake();
  });
  onTestFinished(() => socket.terminate());
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return {
    send: (frame) => socket.send(frame),
    async next() {
      while (frames.length === 0) {
        if (closed) throw new Error('the connection was closed');
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return frames.shift() ?? '';
    },
    get left() {
      return frames.length;
    },
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    close: () => socket.close(),
  };
}
