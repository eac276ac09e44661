import type { Rule } from '../../../network/desired.ts';
import type { NetworkEngine } from '../../../network/engine.ts';
import { addressOf, firstOf } from '../../../network/range.ts';
import { isUnshaped, type Shape, unshaped } from '../../../network/shape.ts';
import { addAddress, addNeighbour, addressesOf, removeAddress } from '../../../os/linux/netlink/addresses.ts';
import {
  addVeth,
  changeLink,
  indexOf,
  linkStatistics,
  setIpv4,
  whenOperating,
  withoutOwnIpv6,
} from '../../../os/linux/netlink/links.ts';
import type { Netlink } from '../../../os/linux/netlink/netlink.ts';
import { type Route, removeRoute, setRoute } from '../../../os/linux/netlink/routes.ts';
import { controlNetwork, dataNetwork } from '../subnets.ts';
import { Namespaces, nameMachine } from './namespaces.ts';
import { setOffloads } from './offloads.ts';
import type { ConfigureOrder, PlaceOrder } from './protocol.ts';

/** What the networks of all instances share. */
export interface Wiring {
  /** This process's namespaces: the far ends of the control network are there. */
  readonly home: Namespaces;
  /** Those of the switch: the far ends of the data network. */
  readonly switchSide: Namespaces;
  readonly engine: NetworkEngine;
}

type LinkEnd = readonly [Netlink, link: number];

/** The network of one instance: its namespaces, its devices and what it asked for. */
export class InstanceNetwork {
  readonly namespaces: Namespaces;
  readonly #wiring: Wiring;
  readonly #order: PlaceOrder;
  /** The index of the far end of its data device. */
  readonly port: number;
  readonly #controlLink: number;
  readonly #farControl: number;
  /** The index of its data device; undefined while the network is taken away. */
  #dataLink: number | undefined;
  #address: string;
  #isOpen = false;
  /** Whether the instance has ended. */
  #hasLeft = false;

  private constructor(namespaces: Namespaces, wiring: Wiring, order: PlaceOrder) {
    this.namespaces = namespaces;
    this.#wiring = wiring;
    this.#order = order;
    this.#address = order.data;
    const { home, switchSide } = wiring;
    const { number } = order;
    const own = namespaces.netlink;
    const farControl = `c${number}`;
    addVeth(
      home.netlink,
      { name: farControl, netns: home.net, mac: hardware('far control', number) },
      { name: 'eth0', netns: namespaces.net, mac: hardware('control', number) },
    );
    const farData = `d${number}`;
    addVeth(
      switchSide.netlink,
      { name: farData, netns: switchSide.net, mac: hardware('far data', number) },
      { name: 'eth1', netns: namespaces.net, mac: this.#hardware.data },
    );
    changeLink(own, indexOf(own, 'lo'), { isUp: true });
    // While the data network is taken away, its addresses must not be routed to the internet, where they exist, too.
    setRoute(own, {
      destination: dataNetwork.subnet,
      prefix: dataNetwork.prefix,
      type: 'throw',
      metric: lastMetric,
    });
    this.#controlLink = indexOf(own, 'eth0');
    this.#farControl = indexOf(home.netlink, farControl);
    this.port = indexOf(switchSide.netlink, farData);
    const ends = this.#ends(indexOf(own, 'eth1'));
    for (const [netlink, link] of ends) withoutOwnIpv6(netlink, link);
    // Instances with an open routing policy reach each other over the control network.
    setIpv4(home.netlink, this.#farControl, 'forwarding', 1);
    // An instance also receives from those that it may not send to.
    for (const [netlink, link] of ends) setIpv4(netlink, link, 'rp_filter', 0);
    for (const [netlink, link] of ends) changeLink(netlink, link, { isUp: true });
  }

  /** The hardware addresses of its data device, and of its gateway there. */
  get #hardware(): { readonly data: string; readonly gateway: string } {
    if (this.#wiring.engine.keepsHardwareAddresses) {
      const data = hardware('data', 0);
      return { data, gateway: data };
    }
    const { number } = this.#order;
    return { data: hardware('data', number), gateway: hardware('gateway', number) };
  }

  /** Makes the network of an instance: its control address reaches the gateway and additional hosts only. */
  static async make(wiring: Wiring, order: PlaceOrder): Promise<InstanceNetwork> {
    const namespaces = Namespaces.make(wiring.home, () => nameMachine(order.hostname, order.files));
    const its = new InstanceNetwork(namespaces, wiring, order);
    its.#connectControl();
    const { number, seed, group, labels, nat, packets } = order;
    await wiring.engine.add({
      ...{ link: its.port, number, seed, group, labels, nat },
      ...{ mac: its.#hardware.data, farMac: hardware('far data', number) },
    });
    if (packets !== undefined) await wiring.engine.record(its.port, packets);
    const data = indexOf(namespaces.netlink, 'eth1');
    for (const [netlink, link] of its.#ends(data)) await whenOperating(netlink, link);
    await its.#useLink();
    its.#connectData(data);
    await its.#tellAddress();
    return its;
  }

  /** Both ends of its control and of its data network, each with the connection to the kernel where it is. */
  #ends(data: number): readonly LinkEnd[] {
    const { home } = this.#wiring;
    return [
      [this.namespaces.netlink, this.#controlLink],
      [home.netlink, this.#farControl],
      ...this.#dataEnds(data),
    ];
  }

  #dataEnds(data: number): readonly LinkEnd[] {
    return [
      [this.namespaces.netlink, data],
      [this.#wiring.switchSide.netlink, this.port],
    ];
  }

  async #useLink(): Promise<void> {
    const { link, isSplit } = this.#order;
    if (isSplit) this.namespaces.inside(this.#wiring.home, () => setOffloads('eth1', false));
    if (link === undefined) return;
    for (const stage of ['up', 'down'] as const)
      await this.#wiring.engine.reshape(this.port, stage, link[stage]);
  }

  #connectControl(): void {
    const { netlink } = this.namespaces;
    const { control, number, reached } = this.#order;
    const { gateway, prefix } = controlNetwork;
    const { netlink: home } = this.#wiring.home;
    setRoute(home, { destination: control, prefix: 32, type: 'unicast', link: this.#farControl });
    addNeighbour(home, this.#farControl, control, hardware('control', number));
    addAddress(netlink, { link: this.#controlLink, address: control, prefix }, false);
    addNeighbour(netlink, this.#controlLink, gateway, hardware('far control', number));
    const link = this.#controlLink;
    setRoute(netlink, { destination: gateway, prefix: 32, type: 'unicast', link, metric: ownMetric });
    for (const destination of reached)
      setRoute(netlink, { destination, prefix: 32, type: 'unicast', link, gateway, metric: ownMetric });
  }

  /** Gives the data device its address. All neighbours are reached through the switch: none is looked for. */
  #connectData(link: number): void {
    const { netlink } = this.namespaces;
    const { gateway, prefix } = dataNetwork;
    this.#dataLink = link;
    addAddress(netlink, { link, address: this.#address, prefix }, false);
    addNeighbour(netlink, link, gateway, this.#hardware.gateway);
    const { subnet } = dataNetwork;
    setRoute(netlink, { destination: subnet, prefix, type: 'unicast', link, gateway, metric: ownMetric });
  }

  async #tellAddress(): Promise<void> {
    const isThere = this.#dataLink !== undefined && !this.#hasLeft;
    await this.#wiring.engine.readdress(this.port, isThere ? this.#address : undefined);
  }

  /** Applies a configuration, in the order of Testground's sidecar. @throws Error with what the kernel refuses. */
  async configure({ isEnabled, address, shape, rules, isOpen }: ConfigureOrder): Promise<void> {
    // Before anything is changed.
    this.#wiring.engine.check(shape);
    this.#setOpen(isOpen);
    if (!isEnabled) return await this.#disable();
    await this.#enable(address);
    await this.#reshape(shape);
    for (const rule of rules) this.#apply(rule);
  }

  #setOpen(isOpen: boolean): void {
    if (isOpen === this.#isOpen) return;
    const { netlink } = this.namespaces;
    const { gateway, subnet, prefix } = controlNetwork;
    const through = { type: 'unicast', link: this.#controlLink, gateway, metric: ownMetric } as const;
    const all: readonly Route[] = [
      { destination: subnet, prefix, ...through },
      { destination: '0.0.0.0', prefix: 0, ...through },
    ];
    for (const route of all)
      if (isOpen) setRoute(netlink, route);
      else removeRoute(netlink, route);
    this.#isOpen = isOpen;
  }

  /** Takes the data network away: its device disappears. */
  async #disable(): Promise<void> {
    const link = this.#dataLink;
    if (link === undefined) return;
    await this.#wiring.engine.readdress(this.port, undefined);
    const { switchSide } = this.#wiring;
    changeLink(this.namespaces.netlink, link, { name: this.#nameWhileAway, netns: switchSide.net });
    this.#dataLink = undefined;
  }

  /** The name of its data device while that is with the switch. */
  get #nameWhileAway(): string {
    return `away${this.#order.number}`;
  }

  async #enable(address: string): Promise<void> {
    const { netlink } = this.namespaces;
    if (this.#dataLink === undefined) {
      const { switchSide } = this.#wiring;
      const away = indexOf(switchSide.netlink, this.#nameWhileAway);
      changeLink(switchSide.netlink, away, { name: 'eth1', netns: this.namespaces.net });
      const link = indexOf(netlink, 'eth1');
      withoutOwnIpv6(netlink, link);
      changeLink(netlink, link, { isUp: true });
      for (const [each, end] of this.#dataEnds(link)) await whenOperating(each, end);
      this.#address = address;
      this.#connectData(link);
    } else if (address !== this.#address) {
      const link = this.#dataLink;
      for (const each of addressesOf(netlink, link)) removeAddress(netlink, each);
      this.#address = address;
      this.#connectData(link);
    }
    await this.#tellAddress();
  }

  async #reshape(shape: Shape): Promise<void> {
    this.namespaces.inside(this.#wiring.home, () =>
      setOffloads('eth1', !this.#order.isSplit && !countsFrames(shape)),
    );
    await this.#wiring.engine.reshape(this.port, 'egress', shape);
  }

  /** Rules belong to no device: they stay when the network is taken away and comes back. */
  #apply({ address, prefix, filter }: Rule): void {
    const { netlink } = this.namespaces;
    const destination = addressOf(firstOf({ address, prefix }));
    if (filter !== 'accept') {
      setRoute(netlink, { destination, prefix, type: filter === 'reject' ? 'prohibit' : 'blackhole' });
      return;
    }
    for (const type of ['blackhole', 'prohibit'] as const)
      removeRoute(netlink, { destination, prefix, type });
  }

  /** The number of packets that its data device could not hand over: the kernel had no room for them. */
  unsent(): number {
    if (this.#dataLink === undefined) return 0;
    return linkStatistics(this.namespaces.netlink).get(this.#dataLink)?.unsent ?? 0;
  }

  /**
   * Takes the instance out of the data network for good. Its namespaces stay until this process ends: while the kernel
   * removes one, which is slow, no other can be made.
   */
  async leave(): Promise<void> {
    this.#hasLeft = true;
    await this.#tellAddress();
  }
}

/** The metric of routes that are no rules: a rule for the same destination comes first. */
const ownMetric = 1_024;

/** The metric of what is only there if nothing else is. */
const lastMetric = 2_048;

/** Whether a shape is about single frames, so that none may stand for many. */
function countsFrames(shape: Shape): boolean {
  const { latency, jitter, bandwidth, ...perFrame } = shape;
  const slow = 1e9;
  return (bandwidth > 0 && bandwidth < slow) || !isUnshaped({ ...unshaped, ...perFrame });
}

/** No device has that of the gateway of the data network: the kernel of the switch leaves such frames alone. */
const sides = { control: 0x02, 'far control': 0x06, data: 0x0a, 'far data': 0x0e, gateway: 0x12 } as const;

/** A locally administered hardware address. */
function hardware(side: keyof typeof sides, number: number): string {
  const bytes = [sides[side], 0, 0, 0, number >> 8, number & 0xff];
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}
