import { getSystemErrorMap } from 'node:util';
import { openSocket, receive, sendTo, setOption } from '../libc.ts';
import { attributesIn, message, messagesIn, type Received } from './encode.ts';

const request = 0x1;
const acknowledge = 0x4;
const dump = 0x300;
/** Flags of requests that create something. */
export const create = { new: 0x600, replace: 0x500 } as const;

const errorType = 2;
const doneType = 3;

/** A request that the kernel has refused. */
export class NetlinkError extends Error {
  /** `EEXIST`, for instance. */
  readonly code: string;

  /** @param why what the kernel says about it; may be empty. */
  constructor(what: string, errno: number, why: string) {
    const [code, text] = getSystemErrorMap().get(-errno) ?? [`errno ${errno}`, 'unknown'];
    super(`${what}: ${why === '' ? text : why} (${code})`);
    this.code = code;
  }
}

/**
 * A connection to the kernel's network configuration. It belongs to the network namespace that the thread was in when
 * it was opened, wherever it is used.
 */
export class Netlink {
  readonly #fd: number;
  readonly #buffer = Buffer.alloc(64 * 1024);
  #sequence = 0;

  constructor() {
    const [family, rawType, route] = [16, 3, 0];
    this.#fd = openSocket(family, rawType, route);
    const [level, extendedAck, shortAck] = [270, 11, 10];
    // Older kernels give no reasons.
    setOption(this.#fd, level, extendedAck, 1);
    setOption(this.#fd, level, shortAck, 1);
  }

  /**
   * Changes something, and waits until it is done.
   * @param what is changed, for messages.
   * @throws NetlinkError if the kernel refuses it.
   */
  change(what: string, type: number, flags: number, body: Buffer): void {
    this.#send(type, request | acknowledge | flags, body);
    let acknowledgement: Received | undefined;
    while (acknowledgement === undefined)
      acknowledgement = this.#receive().find((reply) => reply.type === errorType);
    check(what, acknowledgement);
  }

  /** Asks for one object. @throws NetlinkError if there is none. */
  get(what: string, type: number, body: Buffer): Buffer {
    this.#send(type, request, body);
    for (;;)
      for (const reply of this.#receive()) {
        if (reply.type === errorType) check(what, reply);
        return reply.body;
      }
  }

  /** Asks for all objects of a kind. */
  list(what: string, type: number, body: Buffer): Buffer[] {
    this.#send(type, request | dump, body);
    const found: Buffer[] = [];
    for (;;)
      for (const reply of this.#receive()) {
        if (reply.type === doneType) return found;
        if (reply.type === errorType) check(what, reply);
        else found.push(Buffer.from(reply.body));
      }
  }

  #send(type: number, flags: number, body: Buffer): void {
    sendTo(this.#fd, message(type, flags, ++this.#sequence, body));
  }

  #receive(): readonly Received[] {
    const length = receive(this.#fd, this.#buffer);
    // An answer to a request that was given up is none to this one.
    return messagesIn(this.#buffer.subarray(0, length)).filter(({ sequence }) => sequence === this.#sequence);
  }
}

function check(what: string, { body }: Received): void {
  const errno = -body.readInt32LE(0);
  if (errno === 0) return;
  // The header of the request follows, then the attributes of the extended acknowledgement.
  const why = attributesIn(body.subarray(20)).get(1)?.toString().replaceAll('\0', '') ?? '';
  throw new NetlinkError(what, errno, why);
}
