import { setTimeout as sleep } from 'node:timers/promises';
import type { InitContext, RunEnv } from 'testground-tg/sdk';
import { Datagrams, type Endpoint } from './datagrams.ts';
import { median } from './numbers.ts';
import { type Bounds, boundsIn, pairsIn } from './pairs.ts';

interface Peer extends Endpoint {
  readonly seq: number;
  readonly group: string;
}

/** The round trips to one peer, in ms, and how many pings were lost. */
interface Measured {
  readonly peer: Peer;
  readonly ms: number[];
  lost: number;
}

/** Every instance measures round trips to all others, or to a sample of them. */
export async function pingMesh(runenv: RunEnv, init: InitContext): Promise<void> {
  const { syncClient, netClient, globalSeq } = init;
  const all = runenv.testInstanceCount;
  const socket = await Datagrams.open();
  const address = netClient.getDataNetworkIP();
  const me: Peer = { seq: globalSeq, group: runenv.testGroupId, address, port: socket.port };
  await syncClient.publish(`peer ${globalSeq}`, me);
  const peers = await Promise.all(sample(runenv, globalSeq).map((seq) => peerOf(seq, init)));
  await syncClient.signalAndWait('ready', all);
  runenv.recordStageStart('pings');
  const measured = await measure(runenv, socket, peers);
  runenv.recordStageEnd('pings');
  const problems = judge(runenv, measured);
  // Others still measure this instance.
  await syncClient.signalAndWait('measured', all);
  socket.close();
  if (problems.length > 0) throw new Error(problems.join('; '));
}

/** The numbers of the instances that this one measures. */
function sample(runenv: RunEnv, own: number): number[] {
  const most = runenv.intParam('peers');
  const others = Array.from({ length: runenv.testInstanceCount }, (_, index) => index + 1);
  others.splice(own - 1, 1);
  return others.length <= most ? others : runenv.random.shuffle(others).slice(0, most);
}

/** Waits for what an instance has published: the topics of others are not read. */
async function peerOf(seq: number, { syncClient }: InitContext): Promise<Peer> {
  for await (const peer of syncClient.subscribe<Peer>(`peer ${seq}`)) return peer;
  throw new Error(`instance ${seq} has not published its address`);
}

/** Pings one peer after the other, in several rounds, and records each round trip. */
async function measure(runenv: RunEnv, socket: Datagrams, peers: readonly Peer[]): Promise<Measured[]> {
  const [pings, interval] = [runenv.intParam('pings'), runenv.durationParam('interval')];
  const timeout = runenv.durationParam('timeout');
  const measured = peers.map((peer): Measured => ({ peer, ms: [], lost: 0 }));
  for (let round = 0; round < pings; round++) {
    if (round > 0) await sleep(interval);
    for (const each of measured) {
      const pong = await socket.ping(each.peer, timeout);
      if (pong.lost !== undefined) each.lost++;
      else {
        each.ms.push(pong.ms);
        runenv.R().recordPoint(`rtt,to=${each.peer.group}`, pong.ms);
      }
    }
  }
  return measured;
}

/** Prints what was measured, and compares it with what the parameters demand. @returns problems. */
function judge(runenv: RunEnv, measured: readonly Measured[]): string[] {
  const boundsOf = pairsIn(runenv.stringParam('bounds'), boundsIn);
  const problems = measured.flatMap((each) => {
    const { group } = each.peer;
    const problem = problemOf(each, boundsOf(runenv.testGroupId, group));
    return problem === undefined ? [] : [`${runenv.testGroupId}>${group}: ${problem}`];
  });
  const times = measured.flatMap(({ ms }) => ms);
  const reachable = measured.filter(({ peer }) => boundsOf(runenv.testGroupId, peer.group) !== 'none');
  const lost = reachable.reduce((sum, each) => sum + each.lost, 0);
  const sent = reachable.reduce((sum, each) => sum + each.ms.length, lost);
  const share = sent === 0 ? 0 : lost / sent;
  runenv.R().recordPoint('lost', 100 * share);
  runenv.recordMessage(`${textOf(times)}; ${lost} of ${sent} pings to those in reach were lost`);
  if (share > runenv.floatParam('most_lost')) problems.push(`${lost} of ${sent} pings were lost`);
  return problems;
}

/** What is wrong with the round trips to a peer: the least one counts, and the median. */
function problemOf({ ms }: Measured, bounds: Bounds | undefined): string | undefined {
  if (bounds === undefined || ms.length === 0) return undefined;
  if (bounds === 'none') return `${ms.length} pings were answered; it must be none`;
  const isWithin = Math.min(...ms) >= bounds.least && median(ms) <= bounds.most;
  return isWithin ? undefined : `${textOf(ms)}; it must be ${bounds.least}..${bounds.most} ms`;
}

function textOf(ms: readonly number[]): string {
  if (ms.length === 0) return 'no round trips';
  const [least, most] = [Math.min(...ms), Math.max(...ms)].map((time) => time.toFixed(1));
  return `round trips from ${least} to ${most} ms, median ${median(ms).toFixed(1)} ms`;
}
