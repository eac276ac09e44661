import { closeSync } from 'node:fs';
import { ioctl, openSocket } from '../../../os/linux/libc.ts';
import { mapMemory } from '../../../os/linux/memory.ts';

/** What a network device can do for its sender, as commands of ethtool that switch it on or off. */
const offloads = { checksums: 0x17, tcpSegments: 0x1f, segments: 0x24 } as const;
const memory = mapMemory(4_096);

/**
 * Lets a device split and sum frames for its senders, or makes them do it: a frame that stands for 64 KiB would be lost
 * or delayed as a whole. The thread must be in the device's network namespace.
 */
export function setOffloads(device: string, isOn: boolean): void {
  const socket = openSocket(2, 2, 0);
  try {
    const view = new DataView(memory.bytes.buffer);
    // Segments need checksums: these are switched off last, and on first.
    const all = Object.values(offloads);
    for (const command of isOn ? all : all.toReversed()) {
      view.setUint32(0, command, true);
      view.setUint32(4, isOn ? 1 : 0, true);
      const request = Buffer.alloc(40);
      request.write(device, 'latin1');
      request.writeBigUInt64LE(memory.address, 16);
      ioctl(socket, 0x8946, request);
    }
  } finally {
    closeSync(socket);
  }
}
