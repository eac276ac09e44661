import { once } from 'node:events';
import { createServer } from 'node:net';
import { renamed } from '../../../network/measured.ts';
import type { Range } from '../../../network/range.ts';
import { addAddress } from '../../../os/linux/netlink/addresses.ts';
import { changeLink, indexOf, setIpv4, withoutOwnIpv6 } from '../../../os/linux/netlink/links.ts';
import { setRoute } from '../../../os/linux/netlink/routes.ts';
import { sayLost, serve } from '../../process/launch/serve.ts';
import type { EngineChoice } from '../engine.ts';
import type { NamespaceFiles } from '../enter.ts';
import { controlNetwork } from '../subnets.ts';
import { uplinkNetwork } from '../uplink.ts';
import { limitCapabilities } from './capabilities.ts';
import { startEngine } from './engine.ts';
import { InstanceNetwork } from './instance-network.ts';
import { Namespaces } from './namespaces.ts';
import type { EngineAnswer, HolderMeasured, HolderRequest } from './protocol.ts';

// The process that holds the networks of a run: it has namespaces of its own, makes those of the instances, starts
// the switch between them, and starts each instance in its place. The namespaces end with their processes.

const [master = '', choice = '', switchProgram = '', ...ports] = process.argv.slice(2);
const home = Namespaces.ofThisProcess();
const loopback = indexOf(home.netlink, 'lo');
changeLink(home.netlink, loopback, { isUp: true });
addAddress(home.netlink, { link: loopback, address: controlNetwork.gateway, prefix: 32 }, false);
const switchSide = Namespaces.make(home);
const { engine, reason, canDelay } = startEngine(choice as EngineChoice, {
  ...{ home, switchSide, program: switchProgram },
  onLost: (how) => sayLost(`has lost its switch, which ${how}`),
});
const wiring = { home, switchSide, engine };
limitCapabilities();

/** The numbers of instances, by the link of their port at the switch. */
const numbers = new Map<number, number>();
/** By the number of the instance. */
const networks = new Map<number, InstanceNetwork>();

function networkOf(number: number): InstanceNetwork {
  const its = networks.get(number);
  if (its === undefined) throw new Error(`there is no instance ${number}`);
  return its;
}

async function answer(
  request: HolderRequest,
): Promise<HolderMeasured | EngineAnswer | NamespaceFiles | string | undefined> {
  switch (request.ask) {
    case 'place':
      networks.set(request.number, await InstanceNetwork.make(wiring, request));
      numbers.set(networkOf(request.number).port, request.number);
      return;
    case 'configure':
      await networkOf(request.number).configure(request);
      return;
    case 'paths':
      await engine.setPaths(request.paths);
      return;
    case 'reset-nat':
      await engine.resetNat(networkOf(request.number).port);
      return;
    case 'engine':
      return { name: engine.name, reason, canDelay };
    case 'network':
      return home.files.net;
    case 'namespaces':
      return networkOf(request.number).namespaces.files;
    case 'uplink':
      useUplink();
      return;
    case 'reach':
      for (const range of request.ranges) reach(range);
      return;
    case 'leave':
      await networkOf(request.number).leave();
      return;
    case 'measure':
      return await measure();
  }
}

/**
 * The other end of the uplink looks for instances as if they were on the same wire. Its default route is closed: an
 * instance with raw sockets needs no route of its own.
 */
function useUplink(): void {
  const link = indexOf(home.netlink, uplinkNetwork.device);
  setRoute(home.netlink, { ...everything, type: 'prohibit' });
  withoutOwnIpv6(home.netlink, link);
  for (const setting of ['forwarding', 'proxy_arp'] as const) setIpv4(home.netlink, link, setting, 1);
}

const everything = { destination: '0.0.0.0', prefix: 0 } as const;

/** Forwards what instances send to a range through the uplink. */
function reach({ address: destination, prefix }: Range): void {
  const { device, gateway } = uplinkNetwork;
  const link = indexOf(home.netlink, device);
  setRoute(home.netlink, { destination, prefix, type: 'unicast', link, gateway });
}

async function measure(): Promise<HolderMeasured> {
  const measured = renamed(await engine.measure(), ({ link }) => {
    const number = numbers.get(link);
    return number === undefined ? undefined : { number };
  });
  const links = measured.links.map((link) => ({
    ...link,
    unasked: link.unasked + networkOf(link.number).unsent(),
  }));
  return { ...measured, links };
}

/** Listens in the control network for tg, which serves the connections itself. */
async function listenFor(port: number): Promise<void> {
  const server = createServer();
  server.listen({ host: controlNetwork.gateway, port, backlog: 4_096 });
  await once(server, 'listening');
  await new Promise<void>((resolve, reject) =>
    process.send?.({ port }, server, {}, (error) => (error === null ? resolve() : reject(error))),
  );
  server.close();
}

serve(Number(master), {
  alive: async () => await engine.ping(),
  startIn: (place, start) => networkOf(place).namespaces.inside(home, start),
  answer: async (request) => await answer(request as HolderRequest),
});
// If its tg dies before it takes the sockets, nothing else would end this process: it would wait for that forever.
let isHandedOver = false;
process.stdin.once('end', () => (isHandedOver ? engine.close() : process.exit(1)));
for (const port of ports) await listenFor(Number(port));
isHandedOver = true;
process.disconnect();
