import { filterActions, type InitContext, type LinkRule, type RunEnv } from 'testground-tg/sdk';
import { Datagrams, type Endpoint } from './datagrams.ts';
import { meet, nameOf, needSidecar } from './peers.ts';

interface Peer extends Endpoint {
  readonly name: string;
  readonly isLeft: boolean;
}

/** What an instance of the left half learns when it sends to the right half. */
const errors = { reject: 'EACCES', drop: 'EINVAL' } as const;

/** The left half refuses to send to the right half, sees that nobody is reached across, and heals that. */
export async function partition(runenv: RunEnv, init: InitContext): Promise<void> {
  const { syncClient, netClient, globalSeq } = init;
  needSidecar(runenv);
  const filter = runenv.stringParam('filter');
  if (filter !== 'reject' && filter !== 'drop') throw new Error(`filter is reject or drop, not "${filter}"`);
  const all = runenv.testInstanceCount;
  const socket = await Datagrams.open();
  const address = netClient.getDataNetworkIP();
  const me: Peer = { name: nameOf(runenv), isLeft: globalSeq <= all / 2, address, port: socket.port };
  const others = (await meet('peers', me, runenv, init)).filter(({ name }) => name !== me.name);
  const across = others.filter(({ isLeft }) => isLeft !== me.isLeft);

  /** Asks for rules, or for none, with all others, and compares what comes of each ping with what should. */
  const stage = async (name: string, rules: readonly LinkRule[], expected: (peer: Peer) => string) => {
    runenv.recordStageStart(name);
    // Without a target, this waits until the networks of all instances are configured.
    await netClient.configureNetwork({ callbackState: `${name} configured`, rules });
    const results = await Promise.all(others.map((peer) => outcome(socket, peer, runenv)));
    const reached = results.filter((result) => result === 'answered').length;
    runenv.recordMessage(`${name}: ${reached} of ${others.length} others have answered`);
    for (const [index, peer] of others.entries()) {
      if (results[index] !== expected(peer))
        throw new Error(`${name}: ${peer.name}: ${results[index]}, but it should be ${expected(peer)}`);
    }
    await syncClient.signalAndWait(`${name} seen`, all);
    runenv.recordStageEnd(name);
  };
  const rulesWith = (action: keyof typeof filterActions) =>
    me.isLeft ? across.map((peer) => ({ subnet: `${peer.address}/32`, filter: filterActions[action] })) : [];

  await stage('whole', [], () => 'answered');
  await stage('partitioned', rulesWith(filter), (peer) => {
    if (!across.includes(peer)) return 'answered';
    // A rule stops what is sent. What comes from the right half arrives, and is not answered.
    return me.isLeft ? errors[filter] : 'timeout';
  });
  await stage('healed', rulesWith('accept'), () => 'answered');
  socket.close();
}

async function outcome(socket: Datagrams, peer: Peer, runenv: RunEnv): Promise<string> {
  return (await socket.ping(peer, runenv.durationParam('timeout'))).lost ?? 'answered';
}
