import { connect, createServer, type Server, type Socket } from 'node:net';
import type { InitContext, RunEnv } from 'testground-tg/sdk';
import { meet, needSidecar } from './peers.ts';

interface Side {
  readonly seq: number;
  readonly isSender: boolean;
  readonly address: string;
  readonly port: number;
}

/** One half of the instances, or one group, sends to the others over TCP, as fast as it can. */
export async function throughput(runenv: RunEnv, init: InitContext): Promise<void> {
  const { syncClient, netClient, globalSeq } = init;
  const [all, from, rate] = [runenv.testInstanceCount, runenv.stringParam('from'), runenv.intParam('rate')];
  const isSender = from === '' ? globalSeq <= all / 2 : runenv.testGroupId === from;
  const server = await serve(runenv.durationParam('duration'));
  const me: Side = { seq: globalSeq, isSender, address: netClient.getDataNetworkIP(), port: portOf(server) };
  const sides = (await meet('sides', me, runenv, init)).sort((a, b) => a.seq - b.seq);
  const [senders, receivers] = [
    sides.filter((side) => side.isSender),
    sides.filter((side) => !side.isSender),
  ];
  if (senders.length === 0 || receivers.length === 0)
    throw new Error(`instances of "${from}" are to send to all others, and there must be some of both`);
  if (isSender && rate > 0 && runenv.booleanParam('ask')) {
    needSidecar(runenv);
    const own = { callbackState: `rate ${globalSeq}`, callbackTarget: 1 };
    await netClient.configureNetwork({ ...own, default: { bandwidth: rate } });
  }
  await syncClient.signalAndWait('ready', all);
  let problem: string | undefined;
  if (isSender) {
    const index = senders.findIndex(({ seq }) => seq === globalSeq);
    const receiver = receivers[index % receivers.length] as Side;
    problem = judge(runenv, await sendTo(receiver), rate);
  }
  // Closing its server would end the connections of others.
  await syncClient.signalAndWait('measured', all);
  server.close();
  if (problem !== undefined) throw new Error(problem);
}

/** @returns what is wrong with a rate, in bits per second. */
function judge(runenv: RunEnv, measured: number, rate: number): string | undefined {
  const asText = (bits: number) => `${(bits / 1e6).toFixed(2)} Mbit/s`;
  runenv.R().recordPoint('throughput', measured / 1e6);
  runenv.recordMessage(`throughput: ${asText(measured)}`);
  if (rate === 0) return undefined;
  const [least, most] = [runenv.floatParam('least_share'), runenv.floatParam('most_share')];
  const share = measured / rate;
  return share < least || share > most
    ? `${asText(measured)} arrived, ${share.toFixed(2)} of ${asText(rate)}; it must be ${least} to ${most}`
    : undefined;
}

/** Counts what comes from each connection, for a while from its first byte, and then answers with bits per second. */
async function serve(durationMs: number): Promise<Server> {
  const server = createServer((socket) => {
    let first: number | undefined;
    let bytes = 0;
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      // The first piece has waited for an unknown time.
      if (first === undefined) first = performance.now();
      else bytes += chunk.length;
      const ms = performance.now() - first;
      if (ms >= durationMs)
        socket
          .removeAllListeners('data')
          .resume()
          .end(String((bytes * 8_000) / ms));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  return server;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a server has a port');
  return address.port;
}

/** Sends until the receiver has measured enough. @returns the rate that it has measured, in bits per second. */
async function sendTo({ address, port }: Side): Promise<number> {
  const socket = connect(port, address);
  const piece = Buffer.alloc(64 * 1_024);
  const fill = () => {
    while (socket.write(piece));
  };
  socket.on('connect', fill).on('drain', fill);
  return await answerOf(socket);
}

/** The first thing that is received. */
function answerOf(socket: Socket): Promise<number> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject).once('data', (text) => {
      socket.removeAllListeners().on('error', () => {});
      socket.destroy();
      resolve(Number(text));
    });
  });
}
