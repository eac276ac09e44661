/** A packet in a pcapng file. */
export interface ReadPacket {
  /** Since the epoch. */
  readonly micros: bigint;
  readonly bytes: Buffer;
  readonly direction: 'received' | 'sent';
  readonly note: string | undefined;
}

/** Reads the packets of a pcapng file with one device, and checks its structure. */
export function packetsIn(file: Buffer): ReadPacket[] {
  const packets: ReadPacket[] = [];
  const types: number[] = [];
  for (let at = 0; at < file.length; ) {
    const length = file.readUInt32LE(at + 4);
    if (length % 4 !== 0 || file.readUInt32LE(at + length - 4) !== length)
      throw new Error('a block is damaged');
    types.push(file.readUInt32LE(at));
    if (types.at(-1) === 6) packets.push(packetOf(file.subarray(at + 8, at + length - 4)));
    at += length;
  }
  if (types[0] !== 0x0a0d0d0a || types[1] !== 1) throw new Error('the file does not begin as one of pcapng');
  return packets;
}

function packetOf(body: Buffer): ReadPacket {
  const length = body.readUInt32LE(12);
  const options = new Map<number, Buffer>();
  for (let at = 20 + Math.ceil(length / 4) * 4; body.readUInt16LE(at) !== 0; ) {
    const size = body.readUInt16LE(at + 2);
    options.set(body.readUInt16LE(at), body.subarray(at + 4, at + 4 + size));
    at += 4 + Math.ceil(size / 4) * 4;
  }
  return {
    micros: (BigInt(body.readUInt32LE(4)) << 32n) | BigInt(body.readUInt32LE(8)),
    bytes: Buffer.from(body.subarray(20, 20 + length)),
    direction: options.get(2)?.readUInt32LE(0) === 1 ? 'received' : 'sent',
    note: options.get(1)?.toString(),
  };
}
