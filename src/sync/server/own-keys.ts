import { truncate } from '../../util/truncate.ts';
import { isRunKey } from '../protocol.ts';
import { limits } from './limits.ts';

/** An error in what a client asked for; it is answered, and told with the instance's name. */
export class Misuse extends Error {}

/** Which keys a service serves. */
export interface ServedKeys {
  has(key: string): boolean;
  /** Why another key is refused, after `the key "…" is `. */
  readonly refusal: string;
}

/** Any key: what stands behind the service holds nothing else. */
export const everyKey: ServedKeys = { has: () => true, refusal: '' };

/** The keys of one run: what another run waits for is not to be moved from here. */
export function keysOfRun(prefix: string): ServedKeys {
  return {
    has: (key) => key.startsWith(prefix),
    refusal: `not of this run: its keys begin with "${prefix}"`,
  };
}

/** The keys of any run: what else is in that Redis belongs to others. */
export const keysOfRuns: ServedKeys = {
  has: isRunKey,
  refusal: 'not of a run: those are run:<run>:plan:<plan>:case:<case>:states:<state> (or :topics:<topic>)',
};

/**
 * Sees that a key is served.
 * @throws Misuse
 */
export function servedKey(key: string, keys: ServedKeys): string {
  if (key.length > limits.keyLength)
    throw new Misuse(
      `the name of a state or topic has ${key.length} characters: ${limits.keyLength} are the most`,
    );
  if (keys.has(key)) return key;
  throw new Misuse(`the key ${JSON.stringify(truncate(key, 120))} is ${keys.refusal}`);
}
