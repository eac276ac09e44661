import type { PartName } from './parts.ts';
import { sdkPlanWith } from './plans.ts';
import { single } from './tg.ts';

/** What plans of these tests use: their sync client, their number, sockets, and their own network. */
const helpers = `
const { syncClient: sync, netClient: network, globalSeq: seq } = init;
const { createSocket } = await import('node:dgram');
const net = await import('node:net');
const os = await import('node:os');
const total = runenv.testInstanceCount;
let round = 0;
/** Waits until all instances are here. */
const all = () => sync.signalAndWait('round ' + round++, total);
const say = (...words) => runenv.recordMessage(words.map((word) => typeof word === 'string' ? word : JSON.stringify(word)).join(' '));
let asked = 0;
const ask = (config) => network.configureNetwork({
  network: 'default', enable: true, callbackState: 'asked ' + seq + ' ' + asked++, callbackTarget: 1, ...config,
});
/** The same without the SDK's check, with the names of the wire. */
const askRaw = async (config) => {
  const state = 'asked raw ' + seq + ' ' + asked++;
  const wire = { network: 'default', enable: true, callback_state: state, ...config };
  await sync.publishAndWait('network:' + os.hostname(), wire, state, 1);
};
const addresses = (of = 'eth1') => (os.networkInterfaces()[of] ?? []).map(({ cidr }) => cidr);
/** The address of the only other instance. */
const addressOfOther = async () => {
  await sync.publish('addresses', { seq, address: addresses()[0].split('/')[0] });
  for await (const its of sync.subscribe('addresses')) if (its.seq !== seq) return its.address;
};
/** Sends a datagram; returns the code of the error, or 'sent'. */
const send = (address, port = 7000) => new Promise((resolve) => {
  const socket = createSocket('udp4');
  socket.on('error', () => {});
  socket.send('hello', port, address, (error) => { socket.close(); resolve(error?.code ?? 'sent'); });
});
/** Listens for datagrams; returns those that came. */
const listen = async (port = 7000, address = '0.0.0.0') => {
  const got = [];
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  socket.on('message', (_, { address }) => got.push(address));
  await new Promise((resolve) => socket.bind(port, address, resolve));
  return { got, socket };
};
/** Connects; returns 'connected', or the code of the error. */
const connect = (address, port, timeout = 3000) => new Promise((resolve) => {
  const socket = net.connect({ host: address, port, timeout });
  const end = (how) => { socket.destroy(); resolve(how); };
  socket.on('connect', () => end('connected')).on('error', (error) => end(error.code)).on('timeout', () => end('timeout'));
});
`;

/** A plan for local:netns, with these helpers in scope. */
export function netPlan(code: string, more: Parameters<typeof sdkPlanWith>[1] = {}): Promise<string> {
  return sdkPlanWith(`${helpers}\n${code}`, { max: 1_000, ...more });
}

/** The engines of local:netns. */
export const engines = ['user', 'kernel'] as const;
export type Engine = (typeof engines)[number];

/** For tests in which packets are delayed or lost: only one engine needs the kernel for that. */
export function withNetem(engine: Engine): { tags: PartName[] } {
  return { tags: engine === 'kernel' ? ['netem'] : [] };
}

/** The arguments that run it. */
export function inNetns(plan: string, instances: number, ...more: readonly string[]): string[] {
  return single(plan, '--runner', 'local:netns', '-i', String(instances), '--timeout', '60s', ...more);
}
