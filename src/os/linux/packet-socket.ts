import koffi from 'koffi';
import { bindSocket, getOption, openSocket, SystemCallError, setOption } from './libc.ts';
import { mapMemory } from './memory.ts';

/** How many frames one system call receives or sends. */
export const batch = 64;

const [headerBytes, vectorBytes, addressBytes] = [64, 16, 20];
const library = koffi.load(null);
const recvmmsg = library.func('int recvmmsg(int, void *, unsigned int, int, void *)') as (
  ...values: readonly (number | bigint | null)[]
) => number;
const sendmmsg = library.func('int sendmmsg(int, void *, unsigned int, int)') as (
  ...values: readonly (number | bigint)[]
) => number;
const ppoll = library.func('int ppoll(void *, unsigned long, void *, void *)') as (
  ...values: readonly (number | bigint | null)[]
) => number;

const dontWait = 0x40;
const [tryAgain, interrupted, noBuffers, networkDown, noDevice] = [11, 4, 105, 100, 19];

/** Headers of messages in memory that the kernel reads: `struct mmsghdr`, on 64-bit machines with little-endian order. */
class Messages {
  readonly address: bigint;
  readonly #view: DataView;
  readonly #vectorsPerMessage: number;

  constructor(count: number, vectorsPerMessage: number) {
    const each = headerBytes + vectorsPerMessage * vectorBytes + 32;
    const { bytes, address } = mapMemory(count * each);
    this.address = address;
    this.#view = new DataView(bytes.buffer);
    this.#vectorsPerMessage = vectorsPerMessage;
    const vectors = count * headerBytes;
    const names = vectors + count * vectorsPerMessage * vectorBytes;
    for (let each = 0; each < count; each++) {
      const at = each * headerBytes;
      this.#view.setBigUint64(at, address + BigInt(names + each * 32), true);
      this.#view.setUint32(at + 8, addressBytes, true);
      this.#view.setBigUint64(
        at + 16,
        address + BigInt(vectors + each * vectorsPerMessage * vectorBytes),
        true,
      );
      this.#view.setBigUint64(at + 24, BigInt(vectorsPerMessage), true);
    }
    this.#vectors = vectors;
    this.#names = names;
  }

  readonly #vectors: number;
  readonly #names: number;

  setVector(message: number, vector: number, address: bigint, length: number): void {
    const at = this.#vectors + (message * this.#vectorsPerMessage + vector) * vectorBytes;
    this.#view.setBigUint64(at, address, true);
    this.#view.setBigUint64(at + 8, BigInt(length), true);
  }

  /** `struct sockaddr_ll`. */
  linkOf(message: number): number {
    return this.#view.getInt32(this.#names + message * 32 + 4, true);
  }

  setLink(message: number, link: number): void {
    const at = this.#names + message * 32;
    this.#view.setUint16(at, packetFamily, true);
    this.#view.setInt32(at + 4, link, true);
    this.#view.setUint8(at + 11, 6);
  }

  lengthOf(message: number): number {
    return this.#view.getUint32(message * headerBytes + 56, true);
  }

  /** The kernel shortens the length of the name. */
  prepare(message: number): void {
    this.#view.setUint32(message * headerBytes + 8, addressBytes, true);
  }
}

const packetFamily = 17;

/**
 * A socket for the frames of all network devices of a namespace, each with the header that describes its checksum and
 * segments. @see packet(7)
 */
export class PacketSocket {
  readonly fd: number;
  readonly #incoming: Messages;
  readonly #outgoing = new Messages(batch, 1);
  /** The rest of frames that are larger than their place. */
  readonly #rest = mapMemory(batch * restBytes);

  constructor() {
    const [raw, nonBlocking, all] = [3, 0o4000, 0x0300];
    this.#incoming = new Messages(batch, 2);
    this.fd = openSocket(packetFamily, raw | nonBlocking, 0);
    const [packetLevel, vnetHeader, ignoreOutgoing] = [263, 15, 23];
    for (const option of [vnetHeader, ignoreOutgoing])
      if (!setOption(this.fd, packetLevel, option, 1)) throw new SystemCallError('setsockopt', koffi.errno());
    const [socketLevel, receiveForce, receive, sendForce, send] = [1, 33, 8, 32, 7];
    const wanted = 32 * 1024 * 1024;
    if (!setOption(this.fd, socketLevel, receiveForce, wanted))
      setOption(this.fd, socketLevel, receive, wanted);
    if (!setOption(this.fd, socketLevel, sendForce, wanted)) setOption(this.fd, socketLevel, send, wanted);
    const address = Buffer.alloc(addressBytes);
    address.writeUInt16LE(packetFamily, 0);
    address.writeUInt16LE(all, 2);
    bindSocket(this.fd, address);
    for (let message = 0; message < batch; message++)
      this.#incoming.setVector(message, 1, this.#rest.address + BigInt(message * restBytes), restBytes);
  }

  /** Where a message is received; one that is longer has its rest elsewhere. */
  receiveInto(message: number, address: bigint, length: number): void {
    this.#incoming.setVector(message, 0, address, length);
  }

  /** Receives what is there. @returns the number of messages. */
  receive(): number {
    return result('recvmmsg', recvmmsg(this.fd, this.#incoming.address, batch, dontWait, null));
  }

  /** The length of a received message, and the index of its device. */
  received(message: number): { readonly length: number; readonly link: number } {
    const its = { length: this.#incoming.lengthOf(message), link: this.#incoming.linkOf(message) };
    this.#incoming.prepare(message);
    return its;
  }

  /** What did not fit into the place of a message. */
  restOf(message: number, length: number): Uint8Array {
    return this.#rest.bytes.subarray(message * restBytes, message * restBytes + length);
  }

  /** The number of frames that the kernel has dropped since the last call, because nobody received them. */
  dropped(): number {
    const [packetLevel, statistics] = [263, 6];
    return getOption(this.fd, packetLevel, statistics, 8).readUInt32LE(4);
  }

  setOutgoing(message: number, address: bigint, length: number, link: number): void {
    this.#outgoing.setVector(message, 0, address, length);
    this.#outgoing.setLink(message, link);
  }

  /** Sends messages from `first` on. @returns how many the kernel took; 0 if it has no room now. */
  send(first: number, count: number): number {
    const address = this.#outgoing.address + BigInt(first * headerBytes);
    return result('sendmmsg', sendmmsg(this.fd, address, count, dontWait));
  }
}

const restBytes = 66 * 1024;

function result(call: string, value: number): number {
  if (value >= 0) return value;
  const errno = koffi.errno();
  // A device that is down, or gone, takes no frame.
  if (errno === networkDown || errno === noDevice) return -1;
  if (errno === tryAgain || errno === interrupted || errno === noBuffers) return 0;
  throw new SystemCallError(call, errno);
}

/** Waits for input, up to a time with the precision of nanoseconds. */
export class Poll {
  readonly #memory = mapMemory(4_096);
  readonly #view = new DataView(this.#memory.bytes.buffer);
  readonly #count: number;
  readonly #timeout: number;

  constructor(fds: readonly number[]) {
    this.#count = fds.length;
    this.#timeout = 2_048;
    const input = 1;
    for (const [place, fd] of fds.entries()) {
      this.#view.setInt32(place * 8, fd, true);
      this.#view.setInt16(place * 8 + 4, input, true);
    }
  }

  /** @param ms how long; infinite to wait for input only. */
  wait(ms: number): void {
    const ns = Math.max(0, Math.round(ms * 1e6));
    if (Number.isFinite(ms)) {
      this.#view.setBigInt64(this.#timeout, BigInt(Math.floor(ns / 1e9)), true);
      this.#view.setBigInt64(this.#timeout + 8, BigInt(ns % 1e9), true);
    }
    const { address } = this.#memory;
    result(
      'ppoll',
      ppoll(address, this.#count, Number.isFinite(ms) ? address + BigInt(this.#timeout) : null, null),
    );
  }

  /** Whether a file descriptor, by its place, has input or has ended. */
  isReady(place: number): boolean {
    return this.#view.getInt16(place * 8 + 6, true) !== 0;
  }
}
