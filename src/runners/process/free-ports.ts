import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { createServer, type Server } from 'node:net';
import pLimit from 'p-limit';
import { TgError } from '../../util/errors.ts';

/** Ports for instances to listen on. No other run on this machine gets one of them until this is disposed of. */
export interface FreePorts extends AsyncDisposable {
  /**
   * Returns a port that is free over TCP and UDP and that no other instance has.
   * @throws TgError (environment) if none is left.
   */
  take(): Promise<number>;
}

/** Below the ephemeral ports: 32768 and up on Linux, 49152 and up elsewhere. */
const range = { first: 20_000, end: 32_000 };
/**
 * A run takes ports in blocks: it listens on the first port of a block, so that no other run takes the same block.
 */
const blockSize = 50;
const blocks = (range.end - range.first) / blockSize;

/** Ports for the instances of one run. No port is reserved before the first call of `take`. */
export function freePorts(): FreePorts {
  const leases: Server[] = [];
  const inTurn = pLimit(1);
  const ports = portsOf(leases);
  return {
    take: () =>
      inTurn(async () => {
        const { value } = await ports.next();
        if (value !== undefined) return value;
        throw new TgError('environment', 'no free port is left for exposed_ports', {
          hint: `tg assigns ports from ${range.first} to ${range.end - 1}. Run fewer instances, or stop programs that listen there.`,
        });
      }),
    async [Symbol.asyncDispose]() {
      await Promise.all(leases.map(closed));
    },
  };
}

async function* portsOf(leases: Server[]): AsyncGenerator<number, undefined> {
  const start = randomInt(blocks);
  for (let tried = 0; tried < blocks; tried++) {
    const first = range.first + ((start + tried) % blocks) * blockSize;
    const lease = await listening(first, '127.0.0.1');
    if (lease === undefined) continue;
    leases.push(lease);
    for (let port = first + 1; port < first + blockSize; port++) if (await isFree(port)) yield port;
  }
  return undefined;
}

async function isFree(port: number): Promise<boolean> {
  const server = await listening(port);
  if (server === undefined) return false;
  await closed(server);
  return await bindsUdp(port);
}

/** @returns undefined if the port is taken. */
async function listening(port: number, host?: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy());
  return await new Promise((resolve) => {
    server.once('error', () => resolve(undefined));
    server.listen({ port, host, exclusive: true }, () => resolve(server));
  });
}

async function closed(server: Server): Promise<void> {
  await new Promise((resolve) => server.close(resolve));
}

async function bindsUdp(port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  return await new Promise((resolve) => {
    socket.once('error', () => resolve(false));
    socket.bind({ port, exclusive: true }, () => socket.close(() => resolve(true)));
  });
}
