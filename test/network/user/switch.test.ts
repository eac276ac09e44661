import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { StageName } from '../../../src/network/engine.ts';
import { type Shape, unshaped } from '../../../src/network/shape.ts';
import { Arena, arenaBytes, type Room } from '../../../src/network/user/arena.ts';
import { type Outgoing, Switch } from '../../../src/network/user/switch.ts';

const macOf = (link: number) => Uint8Array.of(0x0a, 0, 0, 0, 0, link);
const farMacOf = (link: number) => Uint8Array.of(0x0e, 0, 0, 0, 0, link);
const addressOf = (link: number) => 0x1000_0000 + link;

/** A switch with ports 1 to 3, in memory. */
class Bench {
  readonly arena: Arena;
  readonly core: Switch;
  readonly out: { readonly link: number; readonly bytes: Buffer; readonly at: number }[] = [];
  now = 0;
  readonly #room: Room;

  constructor(room: Room = { small: 64, large: 2 }) {
    this.#room = room;
    this.arena = new Arena({ bytes: new Uint8Array(arenaBytes(room)), address: 0n }, room);
    this.core = new Switch(this.arena, (frame) => this.#keep(frame));
    for (const link of [1, 2, 3]) {
      const seed = Array.from({ length: 12 }, (_, at) => 1 + link * 100 + at);
      this.core.addPort({ link, mac: macOf(link), farMac: farMacOf(link), labels: [`i${link}`] }, seed);
      this.core.readdress(link, addressOf(link));
    }
  }

  #keep({ place, length, link }: Outgoing): void {
    const at = this.arena.offsetOf(place);
    this.out.push({
      link,
      bytes: Buffer.from(this.arena.memory.bytes.slice(at + 10, at + length)),
      at: this.now,
    });
    this.core.delivered({ place, length, link }, true);
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

function frameTo(
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

const everyone = Uint8Array.of(255, 255, 255, 255, 255, 255);

test('forwards a frame to the port with its address, as a neighbour would send it', () => {
  const bench = new Bench();
  bench.send(1, frameTo(addressOf(2), 1));
  expect(bench.out.map(({ link }) => link)).toEqual([2]);
  const [{ bytes } = { bytes: Buffer.alloc(0) }] = bench.out;
  expect([...bytes.subarray(0, 12)]).toEqual([...macOf(2), ...farMacOf(2)]);
  expect(bench.countsOf(1)).toMatchObject({ sent: 1, sentBytes: 100 });
  expect(bench.countsOf(2)).toMatchObject({ received: 1, receivedBytes: 100 });
});

test.each([
  ['an address that nobody has', frameTo(addressOf(9), 1)],
  ['its own address', frameTo(addressOf(1), 1)],
])('a frame to %s strays', (_, frame) => {
  const bench = new Bench();
  bench.send(1, frame);
  expect(bench.out).toEqual([]);
  expect(bench.countsOf(1)?.strayed).toBe(1);
  expect(bench.used).toBe(0);
});

test('a broadcast reaches all others, and keeps its destination', () => {
  const bench = new Bench();
  bench.send(1, frameTo(0xffff_ffff, 1, { mac: everyone }));
  expect(bench.out.map(({ link }) => link)).toEqual([2, 3]);
  expect(bench.out.map(({ bytes }) => [...bytes.subarray(0, 6)])).toEqual([[...everyone], [...everyone]]);
});

test('a port without an address gets nothing, and one with another address gets what is sent there', () => {
  const bench = new Bench();
  bench.core.readdress(2, undefined);
  bench.send(1, frameTo(addressOf(2), 1));
  bench.core.readdress(2, addressOf(77));
  bench.send(1, frameTo(addressOf(77), 1));
  expect(bench.out.map(({ link }) => link)).toEqual([2]);
});

test('latencies of the sender and the receiver add up', () => {
  const bench = new Bench();
  bench.shape(1, 'egress', { latency: 25 });
  bench.shape(1, 'up', { latency: 3 });
  bench.shape(2, 'down', { latency: 2 });
  bench.send(1, frameTo(addressOf(2), 1));
  bench.send(2, frameTo(addressOf(1), 2));
  bench.until(29.9);
  expect(bench.out.map(({ link }) => link)).toEqual([1]);
  bench.until(30);
  expect(bench.out.map(({ link, at }) => [link, at])).toEqual([
    [1, 0],
    [2, 30],
  ]);
});

test('a rate delays frames by what they need on the wire; those that stand for many need the headers of all', () => {
  const bench = new Bench();
  bench.shape(1, 'egress', { bandwidth: 8_000_000 });
  for (let frame = 0; frame < 10; frame++) bench.send(1, frameTo(addressOf(2), 1, { length: 1_000 }));
  bench.until(100);
  // After a burst of 2,600 bytes.
  expect(bench.out.at(-1)?.at).toBeCloseTo(9 - 2.6, 6);
  expect(bench.used).toBe(0);
});

test('what waits for a rate leaves at the new one, once that has changed', () => {
  const bench = new Bench({ small: 256, large: 2 });
  bench.shape(1, 'egress', { bandwidth: 8_000 });
  // Each needs a second.
  for (let frame = 0; frame < 100; frame++) bench.send(1, frameTo(addressOf(2), 1, { length: 1_000 }));
  bench.until(1_500);
  const before = bench.out.length;
  expect(before).toBeLessThan(6);
  bench.shape(1, 'egress', { bandwidth: 8_000_000 });
  bench.until(1_600);
  expect(bench.out).toHaveLength(100);
  expect(bench.out.at(-1)?.at).toBeCloseTo(1_500 + 100 - before - 1 - 2.6, 0);
  expect(bench.used).toBe(0);
});

test('a frame whose receiver has lost its network on the way strays', () => {
  const bench = new Bench();
  bench.shape(1, 'egress', { latency: 10 });
  bench.send(1, frameTo(addressOf(2), 1));
  bench.core.readdress(2, undefined);
  bench.until(20);
  expect([bench.out.length, bench.countsOf(1)?.strayed, bench.used]).toEqual([0, 1, 0]);
});

test('ARP and IPv6 are not forwarded, broadcasts of them neither', () => {
  const bench = new Bench();
  for (const type of [0x0806, 0x86dd])
    for (const mac of [everyone, farMacOf(1)]) bench.send(1, frameTo(addressOf(2), 1, { type, mac }));
  expect([bench.out.length, bench.countsOf(1)?.strayed, bench.used]).toEqual([0, 0, 0]);
});

test('loss, duplicates and corruption are as asked, and counted', () => {
  const bench = new Bench({ small: 256, large: 2 });
  bench.shape(1, 'egress', { loss: 1 });
  bench.send(1, frameTo(addressOf(2), 1));
  expect([bench.out.length, bench.countsOf(1)?.lost, bench.used]).toEqual([0, 1, 0]);
  bench.shape(1, 'egress', { duplicate: 1 });
  bench.send(1, frameTo(addressOf(2), 1));
  bench.until(1);
  expect(bench.out).toHaveLength(2);
  bench.shape(1, 'egress', { corrupt: 1 });
  const sent = frameTo(addressOf(2), 1);
  bench.send(1, sent);
  bench.until(2);
  const got = bench.out.at(-1)?.bytes ?? Buffer.alloc(0);
  const bits = [...got.subarray(14)].map((byte, at) => byte ^ (sent[14 + at] ?? 0));
  expect(bits.map((byte) => byte.toString(2).replaceAll('0', '').length).reduce((a, b) => a + b)).toBe(1);
  expect(bench.used).toBe(0);
});

test('property: whatever is sent and shaped, no place is lost and every frame is accounted for', () => {
  const shape = fc.record({
    latency: fc.nat(50),
    jitter: fc.nat(20),
    bandwidth: fc.constantFrom(0, 100_000, 10_000_000),
    loss: fc.constantFrom(0, 0.3, 1),
    duplicate: fc.constantFrom(0, 0.5),
    reorder: fc.constantFrom(0, 0.5),
    corrupt: fc.constantFrom(0, 0.5),
  });
  const link = fc.integer({ min: 1, max: 3 });
  const step = fc.oneof(
    fc.record({ do: fc.constant('send' as const), link, to: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ do: fc.constant('shape' as const), link, shape }),
    fc.record({ do: fc.constant('wait' as const), ms: fc.nat(30) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const bench = new Bench({ small: 512, large: 2 });
      for (const its of steps) {
        if (its.do === 'send') bench.send(its.link, frameTo(addressOf(its.to), its.link));
        else if (its.do === 'shape') bench.shape(its.link, 'egress', its.shape);
        else bench.until(bench.now + its.ms);
      }
      bench.until(1e9);
      expect(bench.used).toBe(0);
      const counts = bench.core.counts();
      const sum = (of: (its: (typeof counts)[number]) => number) =>
        counts.reduce((all, its) => all + of(its), 0);
      expect(sum(({ received }) => received)).toBe(bench.out.length);
      // Frames may be duplicated.
      expect(
        sum(({ received, lost, overflowed, strayed }) => received + lost + overflowed + strayed),
      ).toBeGreaterThanOrEqual(sum(({ sent }) => sent));
      expect(sum(({ unasked }) => unasked)).toBe(0);
    }),
  );
});
