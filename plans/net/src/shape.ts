import {
  filterActions,
  type InitContext,
  type NetworkConfig,
  NetworkError,
  type RunEnv,
} from 'testground-tg/sdk';
import { Datagrams, type Endpoint } from './datagrams.ts';
import { median } from './numbers.ts';
import { meet, needSidecar } from './peers.ts';

/** An address for documentation (RFC 5737): no host has it. */
const outside: Endpoint = { address: '192.0.2.1', port: 9 };

/** How many packets are sent before the receiver is asked for an answer: more may not fit into its buffer. */
const batch = 100;

/** A ping that is not answered in this time is lost. */
const timeoutMs = 2_000;

/** Asks for everything that the SDK can ask of a network, one after the other, and measures whether it was applied. */
export async function shape(runenv: RunEnv, init: InitContext): Promise<void> {
  const { syncClient, netClient, globalSeq } = init;
  needSidecar(runenv);
  const all = runenv.testInstanceCount;
  const socket = await Datagrams.open();
  const address = ownAddress(runenv, globalSeq);
  const next = { address: ownAddress(runenv, 1 + (globalSeq % all)), port: 0 };
  const ask = async () => (await socket.ping(next, timeoutMs)).lost ?? 'answered';

  /** Configures the networks of all instances, then checks this one. */
  const step = async (name: string, config: Omit<NetworkConfig, 'callbackState'>, check: () => unknown) => {
    runenv.recordStageStart(name);
    // Without a target, this waits until the networks of all instances are configured.
    await netClient.configureNetwork({ callbackState: `${name} configured`, ...config });
    await check();
    await syncClient.signalAndWait(`${name} checked`, all);
    runenv.recordStageEnd(name);
  };
  const rule = (filter: keyof typeof filterActions) => ({
    rules: [{ subnet: `${next.address}/32`, filter: filterActions[filter] }],
  });

  await step('address', { IPv4: `${address}/16` }, () =>
    expectEqual('my address', netClient.getDataNetworkIP(), address),
  );
  const ports = await meet('ports', { address, port: socket.port }, runenv, init);
  next.port = ports.find((port) => port.address === next.address)?.port ?? 0;
  await step('open', {}, async () => expectEqual('a ping', await ask(), 'answered'));

  const [latency, jitter] = [runenv.durationParam('latency'), runenv.durationParam('jitter')];
  await step('latency', { default: { latency, jitter } }, () => checkRoundTrips(runenv, socket, next));
  const count = lossCounter(socket);
  await step('loss', { default: { loss: runenv.floatParam('loss') } }, () => sendAll(runenv, socket, next));
  checkLoss(runenv, count());

  await step('reject', rule('reject'), async () => expectEqual('a rejected ping', await ask(), 'EACCES'));
  await step('drop', rule('drop'), async () => expectEqual('a dropped ping', await ask(), 'EINVAL'));
  await step('accept', rule('accept'), async () => expectEqual('an accepted ping', await ask(), 'answered'));

  await step('disable', { enable: false }, async () => {
    expectEqual('a ping without a network', await ask(), 'ENETUNREACH');
    expectEqual('an address without a network', addressOrError(init), 'NetworkError');
  });
  const back = { enable: true, IPv4: `${address}/16` };
  await step('enable', back, async () => expectEqual('a ping', await ask(), 'answered'));

  const outwards = async () => (await socket.ping(outside, 100)).lost;
  await step('deny_all', { routingPolicy: 'deny_all' }, async () =>
    expectEqual('a ping to the outside', await outwards(), 'ENETUNREACH'),
  );
  if (runenv.booleanParam('internet')) {
    // It leaves, and no host answers.
    await step('allow_all', { routingPolicy: 'allow_all' }, async () =>
      expectEqual('a ping to the outside', await outwards(), 'timeout'),
    );
  }
  socket.close();
}

/** An address in the data network that tg gives to no instance: X.Y.1.1 and so on. */
function ownAddress({ params }: RunEnv, seq: number): string {
  const [x, y] = params.testSubnet.split('.');
  return `${x}.${y}.${1 + (seq >> 8)}.${seq & 255}`;
}

function expectEqual(what: string, seen: string | undefined, expected: string): void {
  if (seen !== expected) throw new Error(`${what}: ${seen}, but it should be ${expected}`);
}

function addressOrError({ netClient }: InitContext): string {
  try {
    return netClient.getDataNetworkIP();
  } catch (error) {
    if (error instanceof NetworkError) return error.name;
    throw error;
  }
}

/** Measures round trips: none is shorter than asked for, and their median is hardly longer. */
async function checkRoundTrips(runenv: RunEnv, socket: Datagrams, next: Endpoint): Promise<void> {
  const [latency, jitter] = [runenv.durationParam('latency'), runenv.durationParam('jitter')];
  const times: number[] = [];
  for (let ping = 0; ping < runenv.intParam('pings'); ping++) {
    const pong = await socket.ping(next, timeoutMs + 2 * (latency + jitter));
    if (pong.lost !== undefined) throw new Error(`a delayed ping: ${pong.lost}`);
    runenv.R().recordPoint('rtt', pong.ms);
    times.push(pong.ms);
  }
  const [least, middle] = [Math.min(...times), median(times)];
  runenv.recordMessage(`round trips: at least ${least.toFixed(1)} ms, median ${middle.toFixed(1)} ms`);
  const bounds = [
    2 * (latency - jitter),
    2 * (latency + jitter) + runenv.durationParam('tolerance'),
  ] as const;
  if (least < bounds[0])
    throw new Error(`a round trip took ${least.toFixed(1)} ms; ${bounds[0]} ms is the least`);
  if (middle > bounds[1])
    throw new Error(`the median round trip took ${middle.toFixed(1)} ms; ${bounds[1]} ms is the most`);
}

/** Sends packets to the neighbour; the last one has arrived, or is lost, when this returns. */
async function sendAll(runenv: RunEnv, socket: Datagrams, next: Endpoint): Promise<void> {
  const packets = runenv.intParam('packets');
  for (let sent = 0; sent < packets; sent += batch) {
    const size = Math.min(batch, packets - sent);
    await Promise.all(Array.from({ length: size }, () => socket.note('one', next)));
    // Packets stay in order without a latency, so an answer to a later one means that these are there.
    for (let attempt = 0; (await socket.ping(next, 100)).lost !== undefined; attempt++)
      if (attempt === 100) throw new Error('the neighbour does not answer any more');
  }
}

/** Counts what the neighbour sends. @returns how much has arrived. */
function lossCounter(socket: Datagrams): () => number {
  let arrived = 0;
  socket.onNote = () => {
    arrived++;
  };
  return () => arrived;
}

/** Compares the packets that have arrived with those that should: within five standard deviations. */
function checkLoss(runenv: RunEnv, arrived: number): void {
  const [packets, share] = [runenv.intParam('packets'), runenv.floatParam('loss') / 100];
  const lost = packets - arrived;
  runenv.R().recordPoint('lost', (100 * lost) / packets);
  runenv.recordMessage(`${lost} of ${packets} packets were lost`);
  const deviation = 5 * Math.sqrt(packets * share * (1 - share));
  if (Math.abs(lost - packets * share) > deviation)
    throw new Error(`${lost} of ${packets} packets were lost; ${100 * share} % was asked for`);
}
