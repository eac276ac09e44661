import { attribute, attributesIn, nested, text, u32, u32s, u64 } from './encode.ts';
import { create, type Netlink } from './netlink.ts';
import { trafficControl, trafficControlHead } from './traffic-control.ts';

const [newQdisc, deleteQdisc] = [36, 37];
const [newClass, getClass] = [40, 42];
const root = 0xffff_ffff;
const ingress = { parent: 0xffff_fff1, handle: 0xffff_0000 } as const;

/** Where the parts of a limited link are: the limit at the root, its only class, and the queue in it. */
const handles = { limit: 0x1_0000, class: 0x1_0001, queue: 0x2_0000 } as const;

/** The kernel counts times of disciplines in ticks of 64 ns. */
const nsPerTick = 64;

/** A rate that a link may have, and how far it may be exceeded for a moment. */
export interface Rate {
  readonly bytesPerSecond: number;
  /** In ns: the time that the bytes take which may be sent at once. */
  readonly burst: number;
}

/** Puts a rate (HTB) before what leaves through a link. What was there is dropped. @see tc-htb(8) */
export function addRate(netlink: Netlink, link: number, rate: Rate): void {
  const [init, version, quantumPerRate, defaultClass] = [2, 3, 10, handles.class & 0xffff];
  const globals = u32s(version, quantumPerRate, defaultClass, 0, 0);
  const body = Buffer.concat([
    trafficControlHead({ link, handle: handles.limit, parent: root }),
    attribute(trafficControl.kind, text('htb')),
    nested(trafficControl.options, attribute(init, globals)),
  ]);
  netlink.change(`limit link ${link}`, newQdisc, create.replace, body);
  netlink.change(`limit link ${link}`, newClass, create.new, classBody(link, rate));
}

/** Changes the rate of a link that has one. */
export function changeRate(netlink: Netlink, link: number, rate: Rate): void {
  netlink.change(`change the limit of link ${link}`, newClass, 0, classBody(link, rate));
}

function classBody(link: number, { bytesPerSecond, burst }: Rate): Buffer {
  const [parameters, rate64, ceiling64] = [1, 6, 7];
  const ethernet = 1;
  const spec = u32s(ethernet << 8, 0, Math.min(bytesPerSecond, 0xffff_ffff));
  const ticks = Math.min(Math.ceil(burst / nsPerTick), 0xffff_ffff);
  const [quantum, level, priority] = [2_000, 0, 0];
  const whole = u64(BigInt(Math.round(bytesPerSecond)));
  return Buffer.concat([
    trafficControlHead({ link, handle: handles.class, parent: handles.limit }),
    attribute(trafficControl.kind, text('htb')),
    nested(
      trafficControl.options,
      attribute(parameters, Buffer.concat([spec, spec, u32s(ticks, ticks, quantum, level, priority)])),
      attribute(rate64, whole),
      attribute(ceiling64, whole),
    ),
  ]);
}

/** What netem does with packets. Probabilities and correlations are 0 to 1. @see tc-netem(8) */
export interface Netem {
  /** How many packets may wait. */
  readonly limit: number;
  /** In ns. */
  readonly latency: number;
  readonly jitter: number;
  readonly loss: number;
  readonly duplicate: number;
  readonly duplicateCorrelation: number;
  readonly reorder: number;
  readonly reorderCorrelation: number;
  readonly corrupt: number;
  readonly corruptCorrelation: number;
  /** Of its random choices; kernels before 6.6 have none. */
  readonly seed: bigint;
}

/** Gives a link that has a rate a queue that delays and drops packets. */
export function addNetem(netlink: Netlink, link: number, netem: Netem): void {
  netlink.change(`delay link ${link}`, newQdisc, create.new, netemBody(link, netem));
}

/** Changes what netem does with the packets of a link. Those that wait stay. */
export function changeNetem(netlink: Netlink, link: number, netem: Netem): void {
  netlink.change(`change the delay of link ${link}`, newQdisc, 0, netemBody(link, netem));
}

function netemBody(link: number, netem: Netem): Buffer {
  const attributes = {
    ...{ correlation: 1, reorder: 3, corrupt: 4, latency: 10, jitter: 11, seed: 14 },
  } as const;
  const { latency, jitter, limit, reorder } = netem;
  const gap = reorder > 0 ? 1 : 0;
  // Times in ns follow, which newer kernels prefer.
  const ticks = (ns: number) => Math.min(Math.round(ns / nsPerTick), 0xffff_ffff);
  const head = [ticks(latency), limit, share(netem.loss), gap, share(netem.duplicate), ticks(jitter)];
  return Buffer.concat([
    trafficControlHead({ link, handle: handles.queue, parent: handles.class }),
    attribute(trafficControl.kind, text('netem')),
    nested(
      trafficControl.options,
      u32s(...head),
      attribute(attributes.correlation, u32s(0, 0, share(netem.duplicateCorrelation))),
      attribute(attributes.reorder, u32s(share(reorder), share(netem.reorderCorrelation))),
      attribute(attributes.corrupt, u32s(share(netem.corrupt), share(netem.corruptCorrelation))),
      attribute(attributes.latency, u64(BigInt(Math.round(latency)))),
      attribute(attributes.jitter, u64(BigInt(Math.round(jitter)))),
      attribute(attributes.seed, u64(netem.seed)),
    ),
  ]);
}

/** A share of one as the kernel has it: 2³² − 1 for all. */
function share(value: number): number {
  return Math.round(value * 0xffff_ffff);
}

/** Adds a queue to a link that has a rate. @param limit how many packets may wait. */
export function addQueue(netlink: Netlink, link: number, limit: number): void {
  netlink.change(`give link ${link} a queue`, newQdisc, create.new, queueBody(link, limit));
}

/** Changes how many packets may wait. */
export function changeQueue(netlink: Netlink, link: number, limit: number): void {
  netlink.change(`change the queue of link ${link}`, newQdisc, 0, queueBody(link, limit));
}

function queueBody(link: number, limit: number): Buffer {
  return Buffer.concat([
    trafficControlHead({ link, handle: handles.queue, parent: handles.class }),
    attribute(trafficControl.kind, text('pfifo')),
    attribute(trafficControl.options, u32(limit)),
  ]);
}

/** Lets filters decide about what arrives at a link: those of a block, which links may share, or its own. */
export function filterArriving(netlink: Netlink, link: number, block?: number): void {
  const body = Buffer.concat([
    trafficControlHead({ link, ...ingress }),
    attribute(trafficControl.kind, text('ingress')),
    ...(block === undefined ? [] : [attribute(trafficControl.ingressBlock, u32(block))]),
  ]);
  netlink.change(`filter what arrives at link ${link}`, newQdisc, create.new, body);
}

/** Takes the filters of what arrives at a link away. */
export function stopFiltering(netlink: Netlink, link: number): void {
  const body = trafficControlHead({ link, ...ingress });
  netlink.change(`stop to filter at link ${link}`, deleteQdisc, 0, body);
}

/** The number of packets that were dropped before the rate of a link that has one. */
export function droppedBeforeRate(netlink: Netlink, link: number): number {
  const queue = 3;
  for (const body of netlink.list(`list classes of link ${link}`, getClass, trafficControlHead({ link }))) {
    const statistics = attributesIn(body.subarray(20)).get(trafficControl.statistics);
    const counts = statistics && attributesIn(statistics).get(queue);
    if (counts !== undefined) return counts.readUInt32LE(8);
  }
  return 0;
}
