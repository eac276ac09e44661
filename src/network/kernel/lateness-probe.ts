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
/** How many probes may be in flight; older ones that did not arrive are forgotten. */
const mostInFlight = 4_096;
/** How often probes are sent, in ms; at most one batch each time. */
const every = 1_000;
/** A locally administered address that no device has. */
const unusedAddress = [0x0a, 0x74, 0x67, 0, 0, 0x01];
/** If handing probes to the kernel took longer than this, in ms, this process was interrupted: they tell nothing. */
const sentWithin = 0.5;

/**
 * Frames of tg that take the same way as those of an instance, through one netem, and are dropped behind it: how late
 * they are is how late those of the instance were. The kernel does not tell that of frames.
 */
export class LatenessProbe {
  readonly #socket = new PacketSocket(probeType);
  readonly #clock = new PreciseClock();
  readonly #log = new LatenessLog();
  readonly #memory = mapMemory(2 * batch * probeBytes);
  readonly #view = new DataView(this.#memory.bytes.buffer);
  readonly #run = randomInt(2 ** 32);
  /** The delays of netems, in ms, by their link. Those that have waited longest are first. */
  readonly #delays = new Map<number, number>();
  /** When probes in flight are due, in ms since the epoch, by their number. */
  readonly #due = new Map<number, number>();
  #number = 0;
  readonly #timer = setInterval(() => this.#probe([...this.#delays.keys()].slice(0, batch)), every).unref();

  /** Opens its socket in the namespace that this thread is in. */
  constructor() {
    for (let message = 0; message < batch; message++)
      this.#socket.receiveInto(message, this.#addressAt(batch + message), probeBytes);
  }

  /**
   * Probes a netem from now on, and at once.
   * @param link its link.
   * @param delay what it delays frames, in ms; undefined if that is not the same for all, or nothing.
   */
  set(link: number, delay: number | undefined): void {
    this.#delays.delete(link);
    if (delay === undefined) return;
    this.#delays.set(link, delay);
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
    const first = this.#number + 1;
    for (const [message, link] of links.entries()) {
      this.#write(message, ++this.#number);
      this.#socket.setOutgoing(message, this.#addressAt(message), probeBytes, link);
      this.#due.delete(this.#number - mostInFlight);
    }
    if (links.length === 0) return;
    const began = this.#clock.now();
    const sent = this.#socket.send(0, links.length);
    const wasInterrupted = this.#clock.now() - began > sentWithin;
    for (const [message, link] of links.entries()) {
      const delay = this.#delays.get(link) ?? 0;
      this.#delays.delete(link);
      this.#delays.set(link, delay);
      // What the kernel does not take now is not missed.
      if (message < sent && !wasInterrupted) this.#due.set(first + message, began + delay);
    }
  }

  #write(message: number, number: number): void {
    const at = message * probeBytes;
    const { bytes } = this.#memory;
    bytes.set(unusedAddress, at + describedBytes);
    bytes.set(unusedAddress, at + describedBytes + unusedAddress.length);
    this.#view.setUint16(at + describedBytes + 2 * unusedAddress.length, probeType);
    this.#view.setUint32(at + places.run, this.#run);
    this.#view.setUint32(at + places.number, number);
  }

  #receive(): void {
    for (let count = batch; count === batch; ) {
      ({ count } = this.#socket.receive());
      for (let message = 0; message < count; message++) {
        const { time, length } = this.#socket.received(message);
        const at = (batch + message) * probeBytes;
        if (length >= probeBytes && this.#view.getUint32(at + places.run) === this.#run)
          this.#arrived(this.#view.getUint32(at + places.number), time);
      }
    }
  }

  #arrived(number: number, time: number): void {
    const due = this.#due.get(number);
    this.#due.delete(number);
    if (due !== undefined) this.#log.add(time - due);
  }

  #addressAt(message: number): bigint {
    return this.#memory.address + BigInt(message * probeBytes);
  }
}
