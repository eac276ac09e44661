import type { PortNat, StageName } from '../engine.ts';
import { LatenessLog } from '../lateness-log.ts';
import { natKinds } from '../nat-kind.ts';
import type { Peers } from '../peers.ts';
import { type Shape, unshaped } from '../shape.ts';
import { dropped, type SeededPath } from '../topology/path.ts';
import { PathTable } from '../topology/path-table.ts';
import { type Arena, vnetHeader } from './arena.ts';
import {
  destinationOf,
  flipBit,
  kindOf,
  payloadBits,
  readdress,
  shortestFrame,
  sourceOf,
  wireBytes,
} from './frame.ts';
import {
  type Frame,
  isPort,
  isWithin,
  type Outgoing,
  passing,
  receiving,
  stageOf,
} from './frame-in-transit.ts';
import { Nat } from './nat.ts';
import { type FrameBytes, NatGateway } from './nat-gateway.ts';
import { PeerCounts } from './peer-counts.ts';
import { peersAt } from './peer-summary.ts';
import { type NatSide, type NewPort, newPort, type Port, type PortCounts } from './port.ts';
import { dropNotes, noteOn, type Seen } from './seen.ts';
import { newStage } from './stage.ts';
import { TimeHeap } from './time-heap.ts';

/**
 * Forwards frames between ports by their IPv4 destination, and delays, drops and changes them on the way. It does no
 * input or output: frames come with the time, in ms, and leave through `send`.
 */
export class Switch {
  readonly #arena: Arena;
  readonly #send: (outgoing: Outgoing) => void;
  readonly #watch: (seen: Seen) => void;
  /** By the index of their device. */
  readonly #ports = new Map<number, Port>();
  readonly #byAddress = new Map<number, Port>();
  /** By their external address. */
  readonly #nats = new Map<number, NatSide>();
  /** Frames that wait, by their place. */
  readonly #frames: (Frame | undefined)[];
  readonly #queue = new TimeHeap();
  #paths = new PathTable([], newStage);
  readonly #peers = new PeerCounts();
  /** How late frames left that were delayed. */
  readonly lateness = new LatenessLog();
  /** How many frames were dropped because too many wait. */
  withoutRoom = 0;

  /** @param watch is called with the frames of ports that are watched. */
  constructor(arena: Arena, send: (outgoing: Outgoing) => void, watch: (seen: Seen) => void = () => {}) {
    this.#arena = arena;
    this.#send = send;
    this.#watch = watch;
    this.#frames = new Array<Frame | undefined>(arena.places).fill(undefined);
  }

  /** When the next frame is due, in ms; infinite without one. */
  get next(): number {
    return this.#queue.next;
  }

  /** @param seed for its random choices: twelve 32-bit numbers. */
  addPort({ nat: its, ...rest }: NewPort, seed: readonly number[]): void {
    const nat = its && (this.#nats.get(its.address) ?? this.#newNat(its));
    const port = newPort({ ...rest, nat, peer: this.#peers.add(rest.group) }, seed);
    this.#ports.set(rest.link, port);
    this.#classify(port);
  }

  #newNat({ address, kind, labels, seed }: PortNat): NatSide {
    const gateway = new NatGateway(new Nat(address, natKinds[kind], seed));
    const nat = { gateway, labels, pathClass: 0, peer: this.#peers.add(undefined) };
    this.#nats.set(address, nat);
    this.#classifyNat(nat);
    return nat;
  }

  #classifyNat(nat: NatSide): void {
    nat.pathClass = this.#paths.classOf(nat.labels, nat.gateway.nat.address);
  }

  /** Replaces the paths between ports. Frames on their way keep theirs. */
  setPaths(paths: readonly SeededPath[]): void {
    this.#paths = new PathTable(paths, newStage, this.#paths);
    for (const port of this.#ports.values()) this.#classify(port);
    for (const nat of this.#nats.values()) this.#classifyNat(nat);
  }

  /** Lets the NAT of a port forget all mappings. */
  resetNat(link: number): void {
    this.#portAt(link).nat?.gateway.nat.forget();
  }

  #classify(port: Port): void {
    port.pathClass = this.#paths.classOf(port.labels, port.address);
  }

  /** Changes the address of a port; undefined for none. */
  readdress(link: number, address: number | undefined): void {
    const port = this.#portAt(link);
    if (port.address !== undefined && this.#byAddress.get(port.address) === port)
      this.#byAddress.delete(port.address);
    port.address = address;
    this.#classify(port);
    if (address !== undefined) this.#byAddress.set(address, port);
  }

  /** Changes the shape of a stage of a port. */
  reshape(link: number, name: StageName, shape: Shape, now: number): void {
    const stage = this.#portAt(link).stages[name];
    const before = stage.shape.bandwidth;
    stage.reshape(shape);
    if (before === shape.bandwidth) return;
    // What waits for the old rate leaves at the new one.
    this.#queue.retime((place, due) => {
      const frame = this.#frames[place];
      const isWaiting = frame !== undefined && !frame.isDelayed && stageOf(frame) === stage;
      return isWaiting ? stage.departure(now, this.#sizeOf(frame)) : due;
    });
  }

  #sizeOf({ place, length }: Frame): number {
    return wireBytes(this.#arena.memory.bytes, this.#arena.offsetOf(place), length);
  }

  /** Watches the frames of a port from now on. */
  watch(link: number): void {
    this.#portAt(link).isWatched = true;
  }

  #see(
    port: Port,
    direction: Seen['direction'],
    { place, length }: Pick<Frame, 'place' | 'length'>,
    note?: string,
  ): void {
    if (!port.isWatched) return;
    const at = this.#arena.offsetOf(place);
    const bytes = this.#arena.memory.bytes.slice(at + vnetHeader, at + length);
    this.#watch({ link: port.link, direction, bytes, note });
  }

  /** The counts of all ports, with the index of their device. */
  counts(): (PortCounts & { readonly link: number })[] {
    return [...this.#ports].map(([link, { counts }]) => ({ link, ...counts }));
  }

  /** Who sent packets to whom, by the places of `counts`. */
  peers(): Peers {
    return peersAt([...this.#ports.values()], this.#nats.values(), this.#peers);
  }

  #portAt(link: number): Port {
    const port = this.#ports.get(link);
    if (port === undefined) throw new Error(`no port has the link ${link}`);
    return port;
  }

  /** The kernel has taken a frame for its receiver, or has not. */
  delivered({ link, length, from, pair }: Outgoing, isTaken: boolean): void {
    if (!isTaken) {
      this.#count(from, pair, 'unasked');
      return;
    }
    const { counts } = this.#portAt(link);
    counts.received++;
    counts.receivedBytes += length - vnetHeader;
    this.#peers.received(pair, length - vnetHeader);
  }

  /** Counts a packet that is dropped, at its sender. */
  #count(from: Port, pair: number, what: 'lost' | 'overflowed' | 'unasked'): void {
    from.counts[what]++;
    this.#peers.dropped(pair, what);
  }

  /** Counts a packet for its receiver. @returns the pair of peers. */
  #address(from: Port, to: Port | NatSide, length: number): number {
    const pair = this.#peers.between(from.peer, to.peer);
    this.#peers.sent(pair, length - vnetHeader);
    return pair;
  }

  /** Takes over a frame in a place of the arena. @param link the device on which it came. */
  receive(place: number, length: number, link: number, now: number): void {
    const from = this.#ports.get(link);
    if (from === undefined || length < shortestFrame) {
      this.#arena.release(place);
      return;
    }
    from.counts.sent++;
    from.counts.sentBytes += length - vnetHeader;
    const { bytes } = this.#arena.memory;
    const at = this.#arena.offsetOf(place);
    switch (kindOf(bytes, at)) {
      case 'to-one':
        this.#forward({ place, length, from }, this.#targetOf(destinationOf(bytes, at), from), now);
        break;
      case 'to-all':
        this.#flood(place, length, from, now);
        break;
      case 'other':
        // Neighbours are fixed, so that ARP needs no answer; and there is no IPv6.
        this.#arena.release(place);
    }
  }

  /** Who has an address: an instance, unless a NAT is between the two, or a NAT. */
  #targetOf(address: number, from: Port): Port | NatSide | undefined {
    const port = this.#byAddress.get(address);
    if (port === undefined) return this.#nats.get(address);
    return port !== from && (port.nat === undefined || port.nat === from.nat) ? port : undefined;
  }

  #forward(its: Pick<Frame, 'place' | 'length' | 'from'>, to: Port | NatSide | undefined, now: number): void {
    const { place, length, from } = its;
    if (to === undefined) {
      from.counts.strayed++;
      this.#discard(its, 'no instance has this address');
      return;
    }
    const pair = this.#address(from, to, length);
    const path = this.#paths.between(from.pathClass, to.pathClass);
    if (path === dropped) {
      this.#count(from, pair, 'lost');
      this.#discard(its, 'dropped: the path is cut');
    } else {
      const frame = { place, length, from, to, pair, path, stage: 0, isDelayed: true, isCopy: false };
      this.#enter(frame, now, false);
    }
  }

  /** Drops a frame at its sender. */
  #discard(its: Pick<Frame, 'place' | 'length' | 'from'>, note: string): void {
    this.#see(its.from, 'sent', its, note);
    this.#arena.release(its.place);
  }

  /** Broadcasts and multicasts go to all. */
  #flood(place: number, length: number, from: Port, now: number): void {
    for (const to of this.#ports.values()) {
      if (to === from || to.address === undefined || to.nat !== from.nat) continue;
      const copy = this.#copy(place, length);
      if (copy === undefined) this.#count(from, this.#address(from, to, length), 'unasked');
      else this.#forward({ place: copy, length, from }, to, now);
    }
    this.#arena.release(place);
  }

  /** Copies a frame to another place; undefined if there is no room. */
  #copy(place: number, length: number): number | undefined {
    const copy = this.#arena.take(length);
    if (copy === undefined) return undefined;
    const { bytes } = this.#arena.memory;
    const source = this.#arena.offsetOf(place);
    bytes.copyWithin(this.#arena.offsetOf(copy), source, source + length);
    return copy;
  }

  /** A frame reaches its next stage, or its end. @param isCopy whether it was duplicated there. */
  #enter(frame: Frame, now: number, isCopy: boolean): void {
    // A copy is made behind the NAT that its original has passed.
    if (!isCopy && !this.#passNat(frame, now)) return;
    const stage = stageOf(frame);
    if (stage === undefined) {
      this.#deliver(frame);
      return;
    }
    if (stage.shape === unshaped) {
      if (frame.stage === 0) this.#see(frame.from, 'sent', frame);
      frame.stage++;
      this.#enter(frame, now, false);
      return;
    }
    const { drop, isDuplicated, isCorrupted, delay } = stage.fate(isCopy);
    const { place, length, from } = frame;
    if (isDuplicated) {
      const copy = this.#copy(place, length);
      if (copy === undefined) this.#count(from, frame.pair, 'unasked');
      else this.#enter({ ...frame, place: copy, isCopy: true }, now, true);
    }
    const [port, direction] =
      isPort(frame.to) && frame.stage >= receiving
        ? ([frame.to, 'received'] as const)
        : ([from, 'sent'] as const);
    if (drop !== undefined) {
      this.#count(from, frame.pair, dropCounts[drop]);
      if (drop === 'room') this.withoutRoom++;
      this.#see(port, direction, frame, dropNotes[drop]);
      this.#arena.release(place);
      return;
    }
    if (frame.stage === 0) this.#see(port, direction, frame, noteOn(isCopy, isCorrupted));
    if (isCorrupted) {
      const { bytes } = this.#arena.memory;
      flipBit(bytes, this.#arena.offsetOf(place), stage.below(payloadBits(length)));
    }
    stage.waiting++;
    frame.isDelayed = true;
    this.#frames[place] = frame;
    this.#queue.add(now + delay, place);
  }

  /** Translates a frame between links and paths, where a NAT is. @returns whether it goes on. */
  #passNat(frame: Frame, now: number): boolean {
    const { from, stage, to } = frame;
    if (stage === passing && from.nat !== undefined && !isWithin(from.nat, to)) {
      const view = this.#viewOf(frame);
      // Nothing leaves with the source of another instance.
      const isOwn = sourceOf(view.bytes, view.at) === from.address;
      if (isOwn && from.nat.gateway.leave(view, now)) return true;
      this.#count(from, frame.pair, 'lost');
      this.#discard(frame, 'dropped: the NAT does not translate it');
      return false;
    }
    if (stage !== receiving || isPort(to)) return true;
    const address = to.gateway.enter(this.#viewOf(frame), now);
    const port = address === undefined ? undefined : this.#byAddress.get(address);
    if (port?.nat !== to) {
      this.#count(from, frame.pair, 'lost');
      this.#discard(frame, 'dropped: the NAT of the receiver does not let it in');
      return false;
    }
    this.#reach(frame, port);
    return true;
  }

  /** A frame has passed the NAT of its receiver. */
  #reach(frame: Frame, to: Port): void {
    const pair = this.#peers.between(frame.from.peer, to.peer);
    if (!frame.isCopy) this.#peers.readdressed(frame.pair, pair, frame.length - vnetHeader);
    frame.to = to;
    frame.pair = pair;
  }

  #viewOf({ place, length }: Frame): FrameBytes {
    return { bytes: this.#arena.memory.bytes, at: this.#arena.offsetOf(place), length };
  }

  /** Moves on all frames that are due. */
  advance(now: number): void {
    while (this.#queue.next <= now) {
      const due = this.#queue.next;
      const place = this.#queue.take();
      const frame = this.#frames[place];
      const stage = frame && stageOf(frame);
      if (frame === undefined || stage === undefined) throw new Error('no frame waits in this place');
      if (frame.isDelayed) {
        frame.isDelayed = false;
        // From the time that it was due: a switch that is late does not slow a link down.
        const departure = stage.departure(due, this.#sizeOf(frame));
        if (departure > now) {
          this.#queue.add(departure, place);
          continue;
        }
      }
      stage.waiting--;
      this.lateness.add(now - due);
      this.#frames[place] = undefined;
      frame.stage++;
      this.#enter(frame, now, false);
    }
  }

  #deliver(frame: Frame): void {
    const { place, length, from, pair, to } = frame;
    if (!isPort(to) || to.address === undefined) {
      // It has lost its network while the frame was on its way.
      from.counts.strayed++;
      this.#arena.release(place);
      return;
    }
    readdress(this.#arena.memory.bytes, this.#arena.offsetOf(place), to.farMac, to.mac);
    this.#see(to, 'received', frame);
    this.#send({ place, length, link: to.link, from, pair });
  }
}

const dropCounts = { loss: 'lost', queue: 'overflowed', room: 'unasked' } as const;
