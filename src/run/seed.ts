import { createHash, randomInt } from 'node:crypto';
import type { InstanceId } from './instance/instance-id.ts';

/** A seed for a run that was given none: a decimal number. */
export function newSeed(): string {
  return String(randomInt(2 ** 48 - 1));
}

/** An instance's own seed, a decimal number that a signed integer of 64 bits holds: the same for the same run's seed. */
export function seedOf(runSeed: string, { group, index }: InstanceId): string {
  const digest = createHash('sha256').update(`${runSeed}/${group}/${index}`).digest();
  return String(digest.readBigUInt64BE() >> 1n);
}
