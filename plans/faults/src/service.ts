import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type RunEnv, SyncClient } from 'testground-tg/sdk';
import { firstOnly, pass } from './misbehaving.ts';

const states = 100_000;
const connections = 50;

async function rawConnection(): Promise<Socket> {
  const { SYNC_SERVICE_HOST: host, SYNC_SERVICE_PORT: port } = process.env;
  const socket = connect(Number(port), host);
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** Test cases that misuse the sync service. */
export const service = {
  /** Opens connections that send nothing. */
  'never-speaks': firstOnly(async (runenv) => {
    await Promise.all(Array.from({ length: connections }, rawConnection));
    pass(runenv);
  }),

  /** Opens connections that send data of no known protocol. */
  garbage: firstOnly(async (runenv) => {
    for (let count = 0; count < connections; count++) {
      const socket = await rawConnection();
      socket.resume().end(count % 2 === 0 ? randomBytes(10_000) : `*${randomBytes(1_000).toString('hex')}`);
      await once(socket, 'close');
    }
    pass(runenv);
  }),

  /** Enters more states than any real plan has. */
  'many-states': firstOnly(async (runenv) => {
    const client = await SyncClient.connect(runenv);
    for (let from = 0; from < states; from += 1_000) {
      const some = Array.from({ length: 1_000 }, (_, index) => client.signalEntry(`state-${from + index}`));
      await Promise.all(some);
    }
    pass(runenv);
  }),

  /** Tries to enter a state of another run, and records the answer. */
  trespasses: firstOnly(async (runenv) => {
    const socket = await rawConnection();
    const key = 'run:another:plan:p:case:c:states:s';
    socket.write(`*2\r\n$4\r\nINCR\r\n$${key.length}\r\n${key}\r\n`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    runenv.recordMessage(answer.toString().trim());
    socket.destroy();
    pass(runenv);
  }),
} satisfies Record<string, (runenv: RunEnv) => void | Promise<void>>;
