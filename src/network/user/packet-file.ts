import { openSync, writeSync } from 'node:fs';
import { fileHead, type Packet, packetBlock } from './pcapng.ts';

/** How many bytes are collected before they are written. */
const chunkBytes = 64 * 1024;

/** A file with the packets of an instance. Packets are written in chunks. */
export class PacketFile {
  readonly #fd: number;
  #blocks: Buffer[];
  #bytes = 0;

  /** @throws the system's error if something is at the path already. */
  constructor(path: string) {
    this.#fd = openSync(path, 'wx');
    this.#blocks = [fileHead('eth1')];
    this.flush();
  }

  add(packet: Packet): void {
    const its = packetBlock(packet);
    this.#blocks.push(its);
    this.#bytes += its.length;
    if (this.#bytes >= chunkBytes) this.flush();
  }

  /** Writes what was collected. */
  flush(): void {
    const all = Buffer.concat(this.#blocks);
    this.#blocks = [];
    this.#bytes = 0;
    for (let rest = all; rest.length > 0; ) rest = rest.subarray(writeSync(this.#fd, rest));
  }
}
