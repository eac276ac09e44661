import { randomBytes } from 'node:crypto';

/**
 * Creates a run ID: 20 lower-case characters, as scripts expect, that sort by creation time (in ms). It is twelve
 * bytes in base32hex, six of time and six random.
 */
export function newRunId(now: number = Date.now()): string {
  const bytes = Buffer.alloc(12);
  bytes.writeUIntBE(now, 0, 6);
  randomBytes(6).copy(bytes, 6);
  return BigInt(`0x${bytes.toString('hex')}`)
    .toString(32)
    .padStart(20, '0');
}
