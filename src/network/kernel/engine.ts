import { SystemCallError } from '../../os/linux/libc.ts';
import { filterAll } from '../../os/linux/netlink/filters.ts';
import { linkStatistics } from '../../os/linux/netlink/links.ts';
import { filterArriving } from '../../os/linux/netlink/qdiscs.ts';
import type { EngineMeasured, EnginePort, NetworkEngine, StageName } from '../engine.ts';
import { numberOf } from '../range.ts';
import { delaysEqually, isUnshaped, type Shape } from '../shape.ts';
import type { SeededPath } from '../topology/path.ts';
import { LatenessProbe } from './lateness-probe.ts';
import { checkShape } from './netem.ts';
import { makePair, type Pair } from './pair.ts';
import { PathLinks } from './path-links.ts';
import type { KernelPlace } from './place.ts';
import { KernelStage } from './stage.ts';

interface Port {
  readonly number: number;
  readonly seed: readonly number[];
  /** For what the plan asks for, on the way from the instance. */
  readonly egress: Pair;
  /** For the link of the instance, after that; made when it is first shaped. */
  up: Pair | undefined;
  readonly stages: Map<StageName, KernelStage>;
  readonly labels: readonly string[];
  /** Its class as a sender. */
  sender: number;
  address: number | undefined;
}

/**
 * The engine `kernel`: the far end of an instance's device hands all that arrives to a veth pair, where it is delayed
 * and dropped, and from there filters hand it to the far end of its receiver. No packet is seen by tg.
 */
export class KernelEngine implements NetworkEngine {
  readonly name = 'kernel';
  readonly keepsHardwareAddresses = true;
  readonly #place: KernelPlace;
  readonly #paths: PathLinks;
  /** Opened when a link is first delayed. */
  #probe: LatenessProbe | 'missing' | undefined;
  /** By the index of the far end. */
  readonly #ports = new Map<number, Port>();

  constructor(place: KernelPlace) {
    this.#place = place;
    this.#paths = new PathLinks(place);
  }

  async add({ link, number, seed, labels }: EnginePort): Promise<void> {
    const { netlink } = this.#place;
    const egress = await makePair(this.#place, `e${number}`);
    const sender = this.#paths.classOf({ labels, address: undefined });
    await this.#paths.connect(egress.end, sender);
    filterArriving(netlink, link);
    filterAll(netlink, { link }, { redirectTo: egress.begin });
    const its = { number, seed, egress, labels, sender };
    this.#ports.set(link, { ...its, up: undefined, stages: new Map(), address: undefined });
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
    port.address = next;
    const { labels, number } = port;
    await this.#paths.set({ link, node: number + 1, labels, address: next });
    const sender = this.#paths.classOf(port);
    if (sender !== port.sender) await this.#reconnect(port, sender);
  }

  /** Subnets may be sides of paths: another address may lead to another class. */
  async #reconnect(port: Port, sender: number): Promise<void> {
    const last = (port.up ?? port.egress).end;
    this.#paths.disconnect(last, port.sender);
    await this.#paths.connect(last, sender);
    port.sender = sender;
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
    if (name === 'egress') this.#probePair(port.egress, shape);
    if (name === 'up' && port.up !== undefined) this.#probePair(port.up, shape);
  }

  /** Probes how late frames are between the ends of a pair. Those to an instance arrive in its own namespace. */
  #probePair({ begin }: Pair, shape: Shape): void {
    const isProbed = shape.latency > 0 && delaysEqually(shape);
    if (isProbed) this.#probe ??= this.#openProbe();
    if (this.#probe !== 'missing') this.#probe?.set(begin, isProbed ? shape.latency : undefined);
  }

  /** A run does without it where the kernel has no such sockets. */
  #openProbe(): LatenessProbe | 'missing' {
    try {
      return this.#place.inside(() => new LatenessProbe());
    } catch (error) {
      if (error instanceof SystemCallError) return 'missing';
      throw error;
    }
  }

  async #newStage(port: Port, link: number, name: StageName): Promise<KernelStage> {
    const { netlink } = this.#place;
    const stageOn = (device: number, at: number) =>
      new KernelStage(this.#place, device, port.seed.slice(4 * at, 4 * at + 4));
    switch (name) {
      case 'egress':
        return stageOn(port.egress.begin, 0);
      case 'up': {
        const up = await makePair(this.#place, `u${port.number}`);
        await this.#paths.connect(up.end, port.sender);
        const { end } = port.egress;
        this.#paths.disconnect(end, port.sender);
        filterArriving(netlink, end);
        filterAll(netlink, { link: end }, { redirectTo: up.begin });
        port.up = up;
        return stageOn(up.begin, 1);
      }
      case 'down':
        return stageOn(link, 2);
    }
  }

  async setPaths(paths: readonly SeededPath[]): Promise<void> {
    this.#paths.setPaths(paths);
  }

  async resetNat(): Promise<void> {
    throw new Error('engine=kernel has no NATs');
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
    const lateness = this.#probe === 'missing' ? undefined : this.#probe?.summary();
    return { engine: this.name, links, lateness, missed: this.#paths.unasked(), problems: [] };
  }

  async ping(): Promise<void> {}

  close(): void {
    if (this.#probe !== 'missing') this.#probe?.close();
  }
}
