import { shortened } from '../../shortened.ts';
import { limits } from './limits.ts';

/** An error in what a client asked for; it is answered, and told with the instance's name. */
export class Misuse extends Error {}

/**
 * Sees that a key is one of the run's own: what another run waits for is not to be moved from here.
 * @param prefix what the keys that are served begin with.
 * @throws Misuse
 */
export function ownKey(key: string, prefix: string): string {
  if (key.length > limits.keyLength)
    throw new Misuse(
      `the name of a state or topic has ${key.length} characters: ${limits.keyLength} are the most`,
    );
  if (key.startsWith(prefix)) return key;
  const shown = shortened(key, 120);
  throw new Misuse(`the key ${JSON.stringify(shown)} is not of this run: its keys begin with "${prefix}"`);
}
