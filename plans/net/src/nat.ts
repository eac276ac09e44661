import { setTimeout as sleep } from 'node:timers/promises';
import type { InitContext, RunEnv } from 'testground-tg/sdk';
import { Datagrams, type Endpoint } from './datagrams.ts';
import { pairsIn } from './pairs.ts';
import { meet, nameOf } from './peers.ts';
import { asTable, type Reach, type Seen, wayBetween, ways } from './reachability.ts';

/** A socket as others can try to reach it: by its own address, and as the rendezvous has seen it. */
interface Candidate {
  readonly own: Endpoint;
  readonly outside: Endpoint;
}

interface Peer {
  readonly name: string;
  readonly group: string;
  /** Sends to nobody but the rendezvous before others call it. */
  readonly called: Candidate;
  /** Sends to all others while they send to it. */
  readonly punching: Candidate;
}

/** How often each datagram is sent, in case one gets lost. */
const attempts = 3;

/** Finds out who reaches whom over UDP: uninvited, or only if both send at once (hole punching). */
export async function nat(runenv: RunEnv, init: InitContext): Promise<void> {
  const { syncClient, globalSeq, groupSeq } = init;
  const [all, hubs] = [runenv.testInstanceCount, runenv.stringParam('rendezvous')];
  const isHub = hubs === '' ? globalSeq === 1 : runenv.testGroupId === hubs && groupSeq === 1;
  const name = nameOf(runenv);
  const [calling, called, punching] = await Promise.all([
    Datagrams.open(),
    Datagrams.open(),
    Datagrams.open(name),
  ]);
  const ownOf = ({ port }: Datagrams) => ({ address: init.netClient.getDataNetworkIP(), port });
  if (isHub) await syncClient.publish('rendezvous', ownOf(called));
  const hub = await rendezvous(init);
  const candidate = async (socket: Datagrams): Promise<Candidate> => ({
    own: ownOf(socket),
    outside: await seenBy(hub, socket),
  });
  const me: Peer = {
    name,
    group: runenv.testGroupId,
    called: await candidate(called),
    punching: await candidate(punching),
  };
  const others = (await meet('peers', me, runenv, init)).filter(({ name }) => name !== me.name);
  runenv.recordMessage(`my address is ${me.called.own.address}, from outside ${me.called.outside.address}`);

  const heard = listen(called);
  await syncClient.signalAndWait('listening', all);
  await call(calling, me.name, others, runenv.durationParam('wait'));
  await syncClient.signalAndWait('called', all);
  const punched = await punch(punching, others, runenv.durationParam('wait'));
  const seen: Seen = { name: me.name, group: me.group, ...heard(), punched };
  const everyone = await meet('seen', seen, runenv, init);
  const problems = isHub ? judge(runenv, everyone) : [];
  await syncClient.signalAndWait('judged', all);
  for (const socket of [calling, called, punching]) socket.close();
  if (problems.length > 0) throw new Error(problems.join('; '));
}

async function rendezvous({ syncClient }: InitContext): Promise<Endpoint> {
  for await (const hub of syncClient.subscribe<Endpoint>('rendezvous')) return hub;
  throw new Error('there is no rendezvous');
}

/** The endpoint of a socket as the rendezvous sees it. */
async function seenBy(hub: Endpoint, socket: Datagrams): Promise<Endpoint> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const pong = await socket.ping(hub, 5_000);
    if (pong.lost === undefined) return pong.seenAs;
  }
  throw new Error('the rendezvous does not answer: is it behind a NAT?');
}

/** Notes who calls a socket. @returns those who have, by its own address and from outside. */
function listen(socket: Datagrams): () => Pick<Seen, 'inside' | 'direct'> {
  const callers = { inside: new Set<string>(), direct: new Set<string>() };
  socket.onNote = (text) => {
    const [way, name = ''] = text.split(' ');
    callers[way === 'inside' ? 'inside' : 'direct'].add(name);
  };
  return () => ({ inside: [...callers.inside], direct: [...callers.direct] });
}

/** Calls the socket of each peer that has not sent anything to this instance. */
async function call(socket: Datagrams, me: string, peers: readonly Peer[], waitMs: number): Promise<void> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    for (const { called } of peers) {
      await socket.note(`direct ${me}`, called.outside);
      if (isTranslated(called)) await socket.note(`inside ${me}`, called.own);
    }
    await sleep(waitMs / attempts);
  }
}

/**
 * Sends to each peer while it sends to this one, which opens the NATs of both. A NAT that uses another port for each
 * destination shows that port only to the peer, which answers there: as ICE (RFC 8445) has it, each ping is answered
 * with a ping.
 * @returns the names of those that have answered.
 */
async function punch(socket: Datagrams, peers: readonly Peer[], waitMs: number): Promise<string[]> {
  const reached = new Set<string>();
  const check = async (name: string, endpoint: Endpoint) => {
    if ((await socket.ping(endpoint, waitMs)).lost === undefined) reached.add(name);
  };
  const triggered: Promise<void>[] = [];
  const seen = new Set<string>();
  socket.onPing = (name, from) => {
    const key = `${from.address}:${from.port}`;
    if (seen.has(key)) return;
    seen.add(key);
    triggered.push(check(name, from));
  };
  const rounds: Promise<void>[] = [];
  for (let attempt = 0; attempt < attempts; attempt++) {
    for (const { name, punching } of peers) {
      rounds.push(check(name, punching.outside));
      if (isTranslated(punching)) rounds.push(check(name, punching.own));
    }
    await sleep(waitMs / attempts);
  }
  await Promise.all(rounds);
  await Promise.all(triggered);
  return [...reached];
}

function isTranslated({ own, outside }: Candidate): boolean {
  return own.address !== outside.address || own.port !== outside.port;
}

/** Prints who reaches whom, and records it. @returns what is not as expected. */
function judge(runenv: RunEnv, everyone: readonly Seen[]): string[] {
  const sorted = [...everyone].sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  for (const line of asTable(sorted)) runenv.recordMessage(line);
  const pairs: Reach[] = sorted.flatMap((from) =>
    sorted
      .filter((to) => to !== from)
      .map((to) => ({ from: from.name, to: to.name, way: wayBetween(from, to) })),
  );
  runenv.attach('reachability.json', `${JSON.stringify(pairs, null, 2)}\n`);
  for (const way of ways) {
    runenv.R().recordPoint(`pairs,way=${way}`, pairs.filter((pair) => pair.way === way).length);
  }
  const groupOf = new Map(everyone.map(({ name, group }) => [name, group]));
  const expectedOf = pairsIn(runenv.stringParam('expect'), (text) => ways.find((way) => way === text));
  return pairs.flatMap(({ from, to, way }) => {
    const expected = expectedOf(groupOf.get(from) ?? '', groupOf.get(to) ?? '');
    return expected === undefined || expected === way
      ? []
      : [`from ${from} to ${to}: ${way}, but ${expected} was expected`];
  });
}
