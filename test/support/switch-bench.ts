import type { StageName } from '../../src/network/engine.ts';
import { type Shape, unshaped } from '../../src/network/shape.ts';
import { Arena, arenaBytes, type Room } from '../../src/network/user/arena.ts';
import type { Outgoing } from '../../src/network/user/frame-in-transit.ts';
import type { NewPort } from '../../src/network/user/port.ts';
import { Switch } from '../../src/network/user/switch.ts';

export const macOf = (link: number) => Uint8Array.of(0x0a, 0, 0, 0, 0, link);
export const farMacOf = (link: number) => Uint8Array.of(0x0e, 0, 0, 0, 0, link);
export const addressOf = (link: number) => 0x1000_0000 + link;

type Given = Pick<NewPort, 'link' | 'group' | 'nat'>;

const usualPorts: readonly Given[] = [
  { link: 1, group: 'a' },
  { link: 2, group: 'a' },
  { link: 3, group: 'b' },
];

/** A switch in memory, by default with ports 1 and 2 of group a, and 3 of group b. */
export class SwitchBench {
  readonly arena: Arena;
  readonly core: Switch;
  readonly out: { readonly link: number; readonly bytes: Buffer; readonly at: number }[] = [];
  now = 0;
  /** Whether the kernel takes frames. */
  isTaking = true;
  readonly #room: Room;

  constructor(room: Room = { small: 64, large: 2 }, ports: readonly Given[] = usualPorts) {
    this.#room = room;
    this.arena = new Arena({ bytes: new Uint8Array(arenaBytes(room)), address: 0n }, room);
    this.core = new Switch(this.arena, (frame) => this.#keep(frame));
    for (const its of ports) {
      const { link } = its;
      const seed = Array.from({ length: 12 }, (_, at) => 1 + link * 100 + at);
      this.core.addPort({ ...its, mac: macOf(link), farMac: farMacOf(link), labels: [`i${link}`] }, seed);
      this.core.readdress(link, addressOf(link));
    }
  }

  #keep(frame: Outgoing): void {
    const { place, length, link } = frame;
    const at = this.arena.offsetOf(place);
    this.out.push({
      link,
      bytes: Buffer.from(this.arena.memory.bytes.slice(at + 10, at + length)),
      at: this.now,
    });
    this.core.delivered(frame, this.isTaking);
    this.arena.release(place);
  }

  countsOf(link: number) {
    return this.core.counts().find((its) => its.link === link);
  }

  send(from: number, frame: Buffer): void {
    const place = this.arena.take(frame.length + 10);
    if (place === undefined) throw new Error('the arena is full');
    const at = this.arena.offsetOf(place);
    this.arena.memory.bytes.fill(0, at, at + 10);
    this.arena.memory.bytes.set(frame, at + 10);
    this.core.receive(place, frame.length + 10, from, this.now);
  }

  /** Lets time pass, as often as something is due. */
  until(end: number): void {
    while (this.core.next <= end) {
      this.now = Math.max(this.now, this.core.next);
      this.core.advance(this.now);
    }
    this.now = end;
  }

  shape(link: number, stage: StageName, shape: Partial<Shape>): void {
    this.core.reshape(link, stage, { ...unshaped, ...shape }, this.now);
  }

  /** The number of places that are not free. */
  get used(): number {
    const taken: number[] = [];
    for (let place = this.arena.take(1); place !== undefined; place = this.arena.take(1)) taken.push(place);
    for (const place of taken) this.arena.release(place);
    return this.#room.small + this.#room.large - taken.length;
  }
}

export function frameTo(
  address: number,
  from: number,
  { length = 100, mac = farMacOf(from), type = 0x0800 } = {},
): Buffer {
  const frame = Buffer.alloc(length);
  frame.set(mac, 0);
  frame.set(macOf(from), 6);
  frame.writeUInt16BE(type, 12);
  frame.writeUInt32BE(address, 30);
  return frame;
}
