import koffi from 'koffi';
import { bindSocket, getOption, openSocket, SystemCallError, setOption } from './libc.ts';
import { mapMemory } from './memory.ts';
import { MessageBatch, packetFamily } from './message-batch.ts';

/** How many frames one system call receives or sends. */
export const batch = 64;
/** The largest part of a frame that does not fit into its place. */
const restBytes = 66 * 1024;
/** The size of the kernel's buffers that is asked for. */
const bufferBytes = 32 * 1024 * 1024;

const errno = { EINTR: 4, EBADF: 9, EAGAIN: 11, EINVAL: 22, ENOBUFS: 105 };
const SOL_SOCKET = 1;
const socketOptions = {
  SO_SNDBUF: 7,
  SO_RCVBUF: 8,
  SO_SNDBUFFORCE: 32,
  SO_RCVBUFFORCE: 33,
  SO_TIMESTAMPNS: 35,
};
const SOL_PACKET = 263;
const packetOptions = { PACKET_STATISTICS: 6, PACKET_VNET_HDR: 15, PACKET_IGNORE_OUTGOING: 23 };
const socketTypes = { SOCK_RAW: 3, SOCK_NONBLOCK: 0o4000 };
const MSG_DONTWAIT = 0x40;
/** ETH_P_ALL: frames of every type. */
const allTypes = 0x0003;

const library = koffi.load(null);
const recvmmsg = library.func('int recvmmsg(int, void *, unsigned int, int, void *)') as (
  ...values: readonly (number | bigint | null)[]
) => number;
const sendmmsg = library.func('int sendmmsg(int, void *, unsigned int, int)') as (
  ...values: readonly (number | bigint)[]
) => number;

/** A frame that was received. */
export interface ReceivedFrame {
  readonly length: number;
  /** The index of its device. */
  readonly link: number;
  /** In ms since the epoch. */
  readonly time: number;
}

/**
 * A socket for the frames of all network devices of a namespace, each with the header that describes its checksum and
 * segments. It receives frames of one type only behind the filters of their device, and those of all types before them.
 * @see packet(7)
 */
export class PacketSocket {
  readonly fd = openSocket(packetFamily, socketTypes.SOCK_RAW | socketTypes.SOCK_NONBLOCK, 0);
  readonly #incoming = new MessageBatch(batch, 2, true);
  readonly #outgoing = new MessageBatch(batch, 1, false);
  /** The rest of frames that are larger than their place. */
  readonly #rest = mapMemory(batch * restBytes);

  /** @param type the type of the frames that it receives, as in Ethernet. */
  constructor(type = allTypes) {
    const { PACKET_VNET_HDR, PACKET_IGNORE_OUTGOING } = packetOptions;
    const { SO_TIMESTAMPNS, SO_RCVBUF, SO_RCVBUFFORCE, SO_SNDBUF, SO_SNDBUFFORCE } = socketOptions;
    for (const option of [PACKET_VNET_HDR, PACKET_IGNORE_OUTGOING])
      if (!setOption(this.fd, SOL_PACKET, option, 1)) throw new SystemCallError('setsockopt', koffi.errno());
    setOption(this.fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
    // Only a process of the machine's own user namespace may exceed its limits.
    for (const [force, usual] of [
      [SO_RCVBUFFORCE, SO_RCVBUF],
      [SO_SNDBUFFORCE, SO_SNDBUF],
    ] as const)
      if (!setOption(this.fd, SOL_SOCKET, force, bufferBytes))
        setOption(this.fd, SOL_SOCKET, usual, bufferBytes);
    const address = Buffer.alloc(20);
    address.writeUInt16LE(packetFamily, 0);
    address.writeUInt16BE(type, 2);
    bindSocket(this.fd, address);
    for (let message = 0; message < batch; message++)
      this.#incoming.setVector(message, 1, this.#rest.address + BigInt(message * restBytes), restBytes);
  }

  /** Where a message is received; one that is longer has its rest elsewhere. */
  receiveInto(message: number, address: bigint, length: number): void {
    this.#incoming.setVector(message, 0, address, length);
  }

  /**
   * Receives what is there.
   * @returns the number of messages, and whether one was lost: an old kernel cannot describe each kind of segments.
   */
  receive(): { readonly count: number; readonly isDamaged: boolean } {
    const count = recvmmsg(this.fd, this.#incoming.address, batch, MSG_DONTWAIT, null);
    if (count >= 0) return { count, isDamaged: false };
    const error = koffi.errno();
    if (error !== errno.EINVAL && !isForNow(error)) throw new SystemCallError('recvmmsg', error);
    return { count: 0, isDamaged: error === errno.EINVAL };
  }

  /** What is known about a received message. To be called once for each. */
  received(message: number): ReceivedFrame {
    const its = {
      length: this.#incoming.lengthOf(message),
      link: this.#incoming.linkOf(message),
      time: this.#incoming.timeOf(message),
    };
    this.#incoming.prepare(message, true);
    return its;
  }

  /** What did not fit into the place of a message. */
  restOf(message: number, length: number): Uint8Array {
    return this.#rest.bytes.subarray(message * restBytes, message * restBytes + length);
  }

  /** The number of frames that the kernel has dropped since the last call, because they were not received in time. */
  dropped(): number {
    return getOption(this.fd, SOL_PACKET, packetOptions.PACKET_STATISTICS, 8).readUInt32LE(4);
  }

  setOutgoing(message: number, address: bigint, length: number, link: number): void {
    this.#outgoing.setVector(message, 0, address, length);
    this.#outgoing.setLink(message, link);
  }

  /**
   * Sends messages from `first` on.
   * @returns how many the kernel took; 0 if it has no room now, and -1 if it never takes the first: its device is down
   *   or gone, for instance.
   */
  send(first: number, count: number): number {
    const sent = sendmmsg(this.fd, this.#outgoing.addressOf(first), count, MSG_DONTWAIT);
    if (sent >= 0) return sent;
    const error = koffi.errno();
    if (error === errno.EBADF) throw new SystemCallError('sendmmsg', error);
    return isForNow(error) ? 0 : -1;
  }
}

/** Whether a call may succeed when it is repeated. */
function isForNow(error: number): boolean {
  return error === errno.EAGAIN || error === errno.EINTR || error === errno.ENOBUFS;
}
