import { filterAll } from '../../os/linux/netlink/filters.ts';
import {
  addVeth,
  changeLink,
  indexOf,
  linkStatistics,
  whenOperating,
  withoutOwnIpv6,
} from '../../os/linux/netlink/links.ts';
import type { Netlink } from '../../os/linux/netlink/netlink.ts';
import { filterArriving, stopFiltering } from '../../os/linux/netlink/qdiscs.ts';
import type { EngineMeasured, EnginePort, NetworkEngine, StageName } from '../engine.ts';
import { numberOf } from '../range.ts';
import { isUnshaped, type Shape } from '../shape.ts';
import { Forwarding } from './forwarding.ts';
import { checkShape } from './netem.ts';
import { KernelStage } from './stage.ts';

/** A veth pair between the far ends and the block: what leaves through its beginning is shaped. */
interface Pair {
  readonly begin: number;
  readonly end: number;
}

interface Port {
  readonly number: number;
  readonly seed: readonly number[];
  /** For what the plan asks for, on the way from the instance. */
  readonly egress: Pair;
  /** For the link of the instance, after that; made when it is first shaped. */
  up: Pair | undefined;
  readonly stages: Map<StageName, KernelStage>;
  address: number | undefined;
}

/** Where the engine is: the namespace of the far ends. */
export interface KernelPlace {
  readonly netlink: Netlink;
  /** Its file descriptor. */
  readonly netns: number;
  readonly hasNetem: boolean;
}

/**
 * The engine `kernel`: the far end of an instance's device hands all that arrives to a veth pair, where it is delayed
 * and dropped, and from there filters hand it to the far end of its receiver. No packet is seen by tg.
 */
export class KernelEngine implements NetworkEngine {
  readonly name = 'kernel';
  readonly keepsHardwareAddresses = true;
  readonly #place: KernelPlace;
  readonly #forwarding: Forwarding;
  /** By the index of the far end. */
  readonly #ports = new Map<number, Port>();

  constructor(place: KernelPlace) {
    this.#place = place;
    this.#forwarding = new Forwarding(place.netlink);
  }

  async add({ link, number, seed }: EnginePort): Promise<void> {
    const { netlink } = this.#place;
    const egress = await this.#makePair(`e${number}`);
    filterArriving(netlink, egress.end, this.#forwarding.block);
    this.#forwarding.prepare();
    filterArriving(netlink, link);
    filterAll(netlink, { link }, { redirectTo: egress.begin });
    this.#ports.set(link, { number, seed, egress, up: undefined, stages: new Map(), address: undefined });
  }

  async #makePair(name: string): Promise<Pair> {
    const { netlink, netns } = this.#place;
    const names = [`${name}a`, `${name}b`] as const;
    addVeth(netlink, { name: names[0], netns }, { name: names[1], netns });
    const [begin, end] = [indexOf(netlink, names[0]), indexOf(netlink, names[1])];
    for (const each of [begin, end]) {
      withoutOwnIpv6(netlink, each);
      changeLink(netlink, each, { isUp: true });
    }
    for (const each of [begin, end]) await whenOperating(netlink, each);
    return { begin, end };
  }

  #portAt(link: number): Port {
    const port = this.#ports.get(link);
    if (port === undefined) throw new Error(`no port has the link ${link}`);
    return port;
  }

  async readdress(link: number, address: string | undefined): Promise<void> {
    const port = this.#portAt(link);
    const next = address === undefined ? undefined : numberOf(address);
    if (next === port.address) return;
    const node = port.number + 1;
    if (port.address !== undefined) this.#forwarding.remove(port.address, node);
    port.address = next;
    if (next !== undefined) this.#forwarding.add(next, link, node);
  }

  check(shape: Shape): void {
    checkShape(shape, this.#place.hasNetem);
  }

  async reshape(link: number, name: StageName, shape: Shape): Promise<void> {
    const port = this.#portAt(link);
    this.check(shape);
    if (isUnshaped(shape) && !port.stages.has(name)) return;
    const stage = port.stages.get(name) ?? (await this.#newStage(port, link, name));
    port.stages.set(name, stage);
    stage.reshape(shape);
  }

  async #newStage(port: Port, link: number, name: StageName): Promise<KernelStage> {
    const { netlink, hasNetem } = this.#place;
    const stageOn = (device: number, at: number) =>
      new KernelStage(netlink, device, port.seed.slice(4 * at, 4 * at + 4), hasNetem);
    switch (name) {
      case 'egress':
        return stageOn(port.egress.begin, 0);
      case 'up': {
        const up = await this.#makePair(`u${port.number}`);
        filterArriving(netlink, up.end, this.#forwarding.block);
        const { end } = port.egress;
        stopFiltering(netlink, end);
        filterArriving(netlink, end);
        filterAll(netlink, { link: end }, { redirectTo: up.begin });
        port.up = up;
        return stageOn(up.begin, 1);
      }
      case 'down':
        return stageOn(link, 2);
    }
  }

  async setPaths(): Promise<void> {
    throw new Error('engine=kernel has no paths');
  }

  async record(): Promise<void> {
    throw new Error('engine=kernel records no packets');
  }

  async measure(): Promise<EngineMeasured> {
    const statistics = linkStatistics(this.#place.netlink);
    const links = [...this.#ports].map(([link, { egress, up, stages }]) => {
      const its = statistics.get(link);
      const dropped = [...stages.values()].map((stage) => stage.dropped());
      const sum = (name: 'lost' | 'overflowed' | 'unasked') =>
        dropped.reduce((total, each) => total + each[name], 0);
      const devices = [link, egress.begin, ...(up === undefined ? [] : [up.begin])];
      const unsent = devices.reduce((total, device) => total + (statistics.get(device)?.unsent ?? 0), 0);
      return {
        link,
        ...{ sent: its?.received ?? 0, sentBytes: its?.receivedBytes ?? 0 },
        ...{ received: its?.sent ?? 0, receivedBytes: its?.sentBytes ?? 0 },
        ...{ lost: sum('lost'), overflowed: sum('overflowed'), unasked: sum('unasked') + unsent },
        strayed: undefined,
      };
    });
    return { engine: this.name, links, missed: 0, problems: [] };
  }

  close(): void {}
}
