import { createHash, randomInt } from 'node:crypto';
import type { InstanceId } from '../plan/instance-id.ts';

/** Creates a seed for a run without one: a decimal number. */
export function newSeed(): string {
  return String(randomInt(2 ** 48 - 1));
}

/** The seed of an instance, derived from the run's seed: a decimal number that fits a signed 64-bit integer. */
export function seedOf(runSeed: string, { group, index }: InstanceId): string {
  const digest = createHash('sha256').update(`${runSeed}/${group}/${index}`).digest();
  return String(digest.readBigUInt64BE() >> 1n);
}
