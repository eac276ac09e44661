import { randomBytes } from 'node:crypto';

/** The last ID that this process created. */
let last = 0n;

/**
 * Creates a run ID: 20 lower-case characters, as scripts expect. It is twelve bytes in base32hex, six of time (in ms)
 * and six random, so that IDs sort by creation time; those of one process sort in the order in which they were created,
 * even within a millisecond or after the clock was set back.
 */
export function newRunId(): string {
  const drawn = (BigInt(Date.now()) << 48n) | BigInt(`0x${randomBytes(6).toString('hex')}`);
  last = drawn > last ? drawn : last + 1n;
  return last.toString(32).padStart(20, '0');
}
