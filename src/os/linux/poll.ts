import koffi from 'koffi';
import { SystemCallError } from './libc.ts';
import { mapMemory } from './memory.ts';

const POLLIN = 1;
const EINTR = 4;
const pollfd = { size: 8, events: 4, revents: 6 };
/** Where the timeout is, behind the descriptors. */
const timeoutAt = 2_048;

const library = koffi.load(null);
const ppoll = library.func('int ppoll(void *, unsigned long, void *, void *)') as (
  ...values: readonly (number | bigint | null)[]
) => number;
const clockGettime = library.func('int clock_gettime(int, void *)') as (clock: number, to: bigint) => number;

/** Waits for input, up to a time with the precision of nanoseconds. */
export class Poll {
  readonly #memory = mapMemory(4_096);
  readonly #view = new DataView(this.#memory.bytes.buffer);
  readonly #count: number;

  constructor(fds: readonly number[]) {
    this.#count = fds.length;
    for (const [place, fd] of fds.entries()) {
      this.#view.setInt32(place * pollfd.size, fd, true);
      this.#view.setInt16(place * pollfd.size + pollfd.events, POLLIN, true);
    }
  }

  /** @param ms how long; infinite to wait for input only. */
  wait(ms: number): void {
    const isLimited = Number.isFinite(ms);
    const ns = Math.max(0, Math.round(ms * 1e6));
    if (isLimited) this.#setTime(Math.floor(ns / 1e9), ns % 1e9);
    // An interrupted call leaves these as they were.
    for (let place = 0; place < this.#count; place++)
      this.#view.setInt16(place * pollfd.size + pollfd.revents, 0, true);
    const { address } = this.#memory;
    const timeout = isLimited ? address + BigInt(timeoutAt) : null;
    if (ppoll(address, this.#count, timeout, null) >= 0) return;
    const error = koffi.errno();
    if (error !== EINTR) throw new SystemCallError('ppoll', error);
  }

  #setTime(seconds: number, nanoseconds: number): void {
    this.#view.setBigInt64(timeoutAt, BigInt(seconds), true);
    this.#view.setBigInt64(timeoutAt + 8, BigInt(nanoseconds), true);
  }

  /** Whether a file descriptor, by its place, has input or has ended. */
  isReady(place: number): boolean {
    return this.#view.getInt16(place * pollfd.size + pollfd.revents, true) !== 0;
  }
}

/** The time of the machine, with the precision of the kernel. */
export class PreciseClock {
  readonly #memory = mapMemory(4_096);
  readonly #view = new DataView(this.#memory.bytes.buffer);

  /** In ms since the epoch. */
  now(): number {
    const realTime = 0;
    clockGettime(realTime, this.#memory.address);
    return Number(this.#view.getBigInt64(0, true)) * 1e3 + Number(this.#view.getBigInt64(8, true)) / 1e6;
  }
}
