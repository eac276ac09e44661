import { randomBytes } from 'node:crypto';

/**
 * A new run ID: 20 lower-case characters, as scripts test for, that sort by the time they were made (to the
 * millisecond). Twelve bytes, six of time and six of chance, in base32hex.
 */
export function newRunId(now: number = Date.now()): string {
  const bytes = Buffer.alloc(12);
  bytes.writeUIntBE(now, 0, 6);
  randomBytes(6).copy(bytes, 6);
  return BigInt(`0x${bytes.toString('hex')}`)
    .toString(32)
    .padStart(20, '0');
}
