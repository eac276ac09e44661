// Blocks of a pcapng file. @see draft-ietf-opsawg-pcapng, Packet Capture Next Generation

/** A block: its type and its body, which is a multiple of four bytes long. */
function block(type: number, body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(12 + body.length);
  const head = Buffer.alloc(4);
  head.writeUInt32LE(type);
  return Buffer.concat([head, length, body, length]);
}

function padded(data: Uint8Array): Buffer {
  return Buffer.concat([data, Buffer.alloc((4 - (data.length % 4)) % 4)]);
}

function option(code: number, value: Uint8Array): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(code, 0);
  head.writeUInt16LE(value.length, 2);
  return Buffer.concat([head, padded(value)]);
}

const endOfOptions = Buffer.alloc(4);
const comment = 1;

/** The beginning of a file about one Ethernet device. */
export function fileHead(device: string): Buffer {
  const section = Buffer.alloc(16);
  section.writeUInt32LE(0x1a2b3c4d, 0);
  section.writeUInt16LE(1, 4);
  // The length of the section is not known.
  section.fill(0xff, 8, 16);
  const ethernet = Buffer.alloc(8);
  ethernet.writeUInt16LE(1, 0);
  const [name, resolution, micro] = [2, 9, 6];
  const options = [option(name, Buffer.from(device)), option(resolution, Uint8Array.of(micro)), endOfOptions];
  return Buffer.concat([block(0x0a0d0d0a, section), block(1, Buffer.concat([ethernet, ...options]))]);
}

/** A packet of a file. */
export interface Packet {
  /** In ms since the epoch. */
  readonly at: number;
  readonly bytes: Uint8Array;
  readonly direction: 'received' | 'sent';
  /** What happened to it besides, as text. */
  readonly note?: string | undefined;
}

export function packetBlock({ at, bytes, direction, note }: Packet): Buffer {
  const head = Buffer.alloc(20);
  const micros = BigInt(Math.round(at * 1_000));
  head.writeUInt32LE(Number(micros >> 32n), 4);
  head.writeUInt32LE(Number(micros & 0xffff_ffffn), 8);
  head.writeUInt32LE(bytes.length, 12);
  head.writeUInt32LE(bytes.length, 16);
  const flags = Buffer.alloc(4);
  flags.writeUInt32LE(direction === 'received' ? 1 : 2);
  const options = [
    option(2, flags),
    ...(note === undefined ? [] : [option(comment, Buffer.from(note))]),
    endOfOptions,
  ];
  return block(6, Buffer.concat([head, padded(bytes), ...options]));
}
