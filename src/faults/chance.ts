import { createHash } from 'node:crypto';

/**
 * Draws from the seed of a run: the same words give the same number, whatever was drawn before.
 * @returns a number from 0 to less than 1.
 */
export function drawn(seed: string, ...words: readonly (string | number)[]): number {
  const digest = createHash('sha256')
    .update(JSON.stringify([seed, ...words]))
    .digest();
  return digest.readUIntBE(0, 6) / 2 ** 48;
}
