import { openSync, writeSync } from 'node:fs';
import { messageOf } from '../../util/errors.ts';
import { fileHead, type Packet, packetBlock } from './pcapng.ts';

/** How many bytes are collected before they are written. */
const chunkBytes = 64 * 1024;

/** A file with the packets of an instance. Packets are written in chunks. */
export class PacketFile {
  readonly #fd: number;
  /** Why packets are missing, as text; undefined if none is. */
  problem: string | undefined;
  #blocks: Buffer[];
  #bytes = 0;

  /** @throws the system's error if something is at the path already. */
  constructor(path: string) {
    this.#fd = openSync(path, 'wx');
    this.#blocks = [fileHead('eth1')];
    this.flush();
  }

  /** Whether something was collected that is not written yet. */
  get isDirty(): boolean {
    return this.#bytes > 0;
  }

  add(packet: Packet): void {
    if (this.problem !== undefined) return;
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
    if (this.problem !== undefined) return;
    try {
      for (let rest = all; rest.length > 0; ) rest = rest.subarray(writeSync(this.#fd, rest));
    } catch (error) {
      // A full disk must not end the network.
      this.problem = messageOf(error);
    }
  }
}
