// Messages of rtnetlink. @see rtnetlink(7), netlink(7)

/** Pads data to the alignment of netlink, four bytes. */
function padded(data: Buffer): Buffer {
  const left = (4 - (data.length % 4)) % 4;
  return left === 0 ? data : Buffer.concat([data, Buffer.alloc(left)]);
}

/** An attribute: its type and its value. */
export function attribute(type: number, value: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(4 + value.length, 0);
  head.writeUInt16LE(type, 2);
  return padded(Buffer.concat([head, value]));
}

/** An attribute with attributes in it. */
export function nested(type: number, ...inner: readonly Buffer[]): Buffer {
  return attribute(type, Buffer.concat(inner));
}

export function u8(value: number): Buffer {
  return Buffer.from([value]);
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

export function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}

/** A structure of 32-bit numbers. */
export function u32s(...values: readonly number[]): Buffer {
  return Buffer.concat(values.map((value) => u32(value >>> 0)));
}

/** A text that ends with a zero byte. */
export function text(value: string): Buffer {
  return Buffer.from(`${value}\0`);
}

/** An IPv4 address, `16.0.0.2`, as its four bytes. */
export function ipv4(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number));
}

/** A hardware address, `02:00:00:00:00:01`, as its six bytes. */
export function mac(address: string): Buffer {
  return Buffer.from(address.replaceAll(':', ''), 'hex');
}

/** A message: its header and its body. */
export function message(type: number, flags: number, sequence: number, body: Buffer): Buffer {
  const head = Buffer.alloc(16);
  head.writeUInt32LE(16 + body.length, 0);
  head.writeUInt16LE(type, 4);
  head.writeUInt16LE(flags, 6);
  head.writeUInt32LE(sequence, 8);
  return padded(Buffer.concat([head, body]));
}

/** A message that was received. */
export interface Received {
  readonly type: number;
  readonly sequence: number;
  readonly body: Buffer;
}

/** The messages in a datagram. */
export function messagesIn(datagram: Buffer): Received[] {
  const found: Received[] = [];
  for (let at = 0; at + 16 <= datagram.length; ) {
    const length = datagram.readUInt32LE(at);
    if (length < 16) break;
    found.push({
      type: datagram.readUInt16LE(at + 4),
      sequence: datagram.readUInt32LE(at + 8),
      body: datagram.subarray(at + 16, at + length),
    });
    at += Math.ceil(length / 4) * 4;
  }
  return found;
}

/** The attributes in a part of a message, by type. */
export function attributesIn(part: Buffer): ReadonlyMap<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (let at = 0; at + 4 <= part.length; ) {
    const length = part.readUInt16LE(at);
    if (length < 4) break;
    // The highest bits are flags.
    found.set(part.readUInt16LE(at + 2) & 0x3fff, part.subarray(at + 4, at + length));
    at += Math.ceil(length / 4) * 4;
  }
  return found;
}
