import { randomInt } from 'node:crypto';
import { mapMemory } from '../../os/linux/memory.ts';
import { batch, PacketSocket } from '../../os/linux/packet-socket.ts';
import { PreciseClock } from '../../os/linux/poll.ts';
import { LatenessLog } from '../lateness-log.ts';
import type { Lateness } from '../measured.ts';

/** The type of probes: one for local experiments. @see IEEE Std 802, local experimental EtherType 1 */
const probeType = 0x88b5;
/** The header that describes checksums and segments, which probes do not have. */
const describedBytes = 10;
const ethernetBytes = 14;
/** The shortest frame, with its description. */
const probeBytes = describedBytes + 60;
/** Where a probe has its run and its number. */
const places = { run: describedBytes + ethernetBytes, number: describedBytes + ethernetBytes + 4 };
/** So many probes may be on their way; older ones that did not arrive are forgotten. */
const mostOnTheirWay = 4_096;
/** How often probes are sent, in ms; at most one batch each time. */
const every = 1_000;
/** A locally administered address that no device has. */
const nobody = [0x02, 0, 0, 0, 0, 0x01];

/**
 * Frames of tg that take the same way as those of an instance, through netem, and are dropped behind it: how late they
 * are is how late those of the instance were. The kernel does not tell that of frames.
 */
export class LatenessProbe {
  readonly #socket = new PacketSocket(probeType);
  readonly #clock = new PreciseClock();
  readonly #log = new LatenessLog();
  readonly #memory = mapMemory(2 * batch * probeBytes);
  readonly #view = new DataView(this.#memory.bytes.buffer);
  readonly #run = randomInt(2 ** 32);
  /** The delays of ways, in ms, by the link at which they begin. Ways that have waited longest are first. */
  readonly #ways = new Map<number, number>();
  /** When probes on their way are due, in ms since the epoch, by their number. */
  readonly #due = new Map<number, number>();
  #number = 0;
  readonly #timer = setInterval(() => this.#probe([...this.#ways.keys()].slice(0, batch)), every).unref();

  /** Opens its socket in the namespace that this thread is in. */
  constructor() {
    for (let message = 0; message < batch; message++)
      this.#socket.receiveInto(message, this.#addressAt(batch + message), probeBytes);
  }

  /**
   * Probes a way from now on, and at once.
   * @param link the link at which it begins.
   * @param delay what frames are delayed on it, in ms; undefined for a way on which that is not the same for all frames.
   */
  set(link: number, delay: number | undefined): void {
    this.#ways.delete(link);
    if (delay === undefined) return;
    this.#ways.set(link, delay);
    this.#probe([link]);
  }

  /** Undefined if no probe has arrived. */
  summary(): Lateness | undefined {
    this.#receive();
    return this.#log.summary();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #probe(links: readonly number[]): void {
    this.#receive();
    for (const [message, link] of links.entries()) {
      const delay = this.#ways.get(link) ?? 0;
      this.#ways.delete(link);
      this.#ways.set(link, delay);
      this.#write(message, ++this.#number);
      this.#socket.setOutgoing(message, this.#addressAt(message), probeBytes, link);
      this.#due.set(this.#number, this.#clock.now() + delay);
      this.#due.delete(this.#number - mostOnTheirWay);
    }
    // What the kernel does not take now is not missed.
    if (links.length > 0) this.#socket.send(0, links.length);
  }

  #write(message: number, number: number): void {
    const at = message * probeBytes;
    const { bytes } = this.#memory;
    bytes.set(nobody, at + describedBytes);
    bytes.set(nobody, at + describedBytes + nobody.length);
    this.#view.setUint16(at + describedBytes + 2 * nobody.length, probeType);
    this.#view.setUint32(at + places.run, this.#run);
    this.#view.setUint32(at + places.number, number);
  }

  #receive(): void {
    for (let count = batch; count === batch; ) {
      ({ count } = this.#socket.receive());
      for (let message = 0; message < count; message++) {
        const { time } = this.#socket.received(message);
        const at = (batch + message) * probeBytes;
        if (this.#view.getUint32(at + places.run) === this.#run)
          this.#arrived(this.#view.getUint32(at + places.number), time);
      }
    }
  }

  #arrived(number: number, time: number): void {
    const due = this.#due.get(number);
    this.#due.delete(number);
    if (due !== undefined) this.#log.add(Math.max(0, time - due));
  }

  #addressAt(message: number): bigint {
    return this.#memory.address + BigInt(message * probeBytes);
  }
}
