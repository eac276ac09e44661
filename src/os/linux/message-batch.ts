import { mapMemory } from './memory.ts';

/** Sizes and places in the structures of recvmmsg(2) on 64-bit machines with little-endian order, in bytes. */
const mmsghdr = {
  size: 64,
  name: 0,
  nameLength: 8,
  vectors: 16,
  vectorCount: 24,
  control: 32,
  controlLength: 40,
  length: 56,
};
const iovec = { size: 16, base: 0, length: 8 };
const sockaddrLl = { size: 20, family: 0, ifindex: 4, addressLength: 11 };
/** `struct cmsghdr` with a `struct timespec`. */
const timestamp = { size: 32, seconds: 16, nanoseconds: 24 };
/** Addresses are put this far from each other. */
const addressRoom = 32;

export const packetFamily = 17;
const hardwareAddressBytes = 6;

/** The headers of several messages that one system call receives or sends, in memory that the kernel uses. */
export class MessageBatch {
  /** Where the headers begin. */
  readonly address: bigint;
  readonly #view: DataView;
  readonly #vectorsEach: number;
  readonly #vectors: number;
  readonly #addresses: number;
  readonly #controls: number;

  /**
   * @param vectorsEach the number of pieces of memory for each message.
   * @param hasTime whether the kernel tells when each was received.
   */
  constructor(count: number, vectorsEach: number, hasTime: boolean) {
    this.#vectorsEach = vectorsEach;
    this.#vectors = count * mmsghdr.size;
    this.#addresses = this.#vectors + count * vectorsEach * iovec.size;
    this.#controls = this.#addresses + count * addressRoom;
    const { bytes, address } = mapMemory(this.#controls + count * timestamp.size);
    this.address = address;
    this.#view = new DataView(bytes.buffer);
    for (let message = 0; message < count; message++) {
      const at = message * mmsghdr.size;
      const place = (start: number, size: number) => address + BigInt(start + message * size);
      this.#view.setBigUint64(at + mmsghdr.name, place(this.#addresses, addressRoom), true);
      this.#view.setBigUint64(at + mmsghdr.vectors, place(this.#vectors, vectorsEach * iovec.size), true);
      this.#view.setBigUint64(at + mmsghdr.vectorCount, BigInt(vectorsEach), true);
      if (hasTime) this.#view.setBigUint64(at + mmsghdr.control, place(this.#controls, timestamp.size), true);
      this.prepare(message, hasTime);
    }
  }

  /** Restores what the kernel changes when it receives into a message. */
  prepare(message: number, hasTime: boolean): void {
    const at = message * mmsghdr.size;
    this.#view.setUint32(at + mmsghdr.nameLength, sockaddrLl.size, true);
    this.#view.setBigUint64(at + mmsghdr.controlLength, BigInt(hasTime ? timestamp.size : 0), true);
  }

  setVector(message: number, vector: number, address: bigint, length: number): void {
    const at = this.#vectors + (message * this.#vectorsEach + vector) * iovec.size;
    this.#view.setBigUint64(at + iovec.base, address, true);
    this.#view.setBigUint64(at + iovec.length, BigInt(length), true);
  }

  /** The number of bytes that were received. */
  lengthOf(message: number): number {
    return this.#view.getUint32(message * mmsghdr.size + mmsghdr.length, true);
  }

  /** The index of the device from which a message came. */
  linkOf(message: number): number {
    return this.#view.getInt32(this.#addresses + message * addressRoom + sockaddrLl.ifindex, true);
  }

  setLink(message: number, link: number): void {
    const at = this.#addresses + message * addressRoom;
    this.#view.setUint16(at + sockaddrLl.family, packetFamily, true);
    this.#view.setInt32(at + sockaddrLl.ifindex, link, true);
    this.#view.setUint8(at + sockaddrLl.addressLength, hardwareAddressBytes);
  }

  /** When a message was received, in ms since the epoch; 0 if the kernel does not say it. */
  timeOf(message: number): number {
    if (this.#view.getBigUint64(message * mmsghdr.size + mmsghdr.controlLength, true) === 0n) return 0;
    const at = this.#controls + message * timestamp.size;
    const seconds = this.#view.getBigInt64(at + timestamp.seconds, true);
    const nanoseconds = this.#view.getBigInt64(at + timestamp.nanoseconds, true);
    return Number(seconds) * 1e3 + Number(nanoseconds) / 1e6;
  }

  /** Where the headers of a message begin. */
  addressOf(message: number): bigint {
    return this.address + BigInt(message * mmsghdr.size);
  }
}
