import { truncate } from '../../util/truncate.ts';
import { isRunKey } from '../protocol.ts';
import { limits } from './limits.ts';
import { Misuse } from './misuse.ts';

/** The keys that a service serves. */
export interface ServedKeys {
  has(key: string): boolean;
  /** Why another key is refused; follows `the key "…" is `. */
  readonly refusal: string;
}

/** Every key: the store holds nothing else. */
export const everyKey: ServedKeys = { has: () => true, refusal: '' };

/** The keys of one run: its clients must not change what other runs wait for. */
export function keysOfRun(prefix: string): ServedKeys {
  return {
    has: (key) => key.startsWith(prefix),
    refusal: `not a key of this run: those begin with "${prefix}"`,
  };
}

/** The keys of any run: other data in that Redis is out of reach. */
export const keysOfRuns: ServedKeys = {
  has: isRunKey,
  refusal:
    'not a key of a run: those are run:<run>:plan:<plan>:case:<case>:states:<state> (or :topics:<topic>)',
};

/**
 * Checks that a key is served, and returns it.
 * @throws Misuse
 */
export function servedKey(key: string, keys: ServedKeys): string {
  if (key.length > limits.keyLength)
    throw new Misuse(
      `the name of a state or topic has ${key.length} characters: at most ${limits.keyLength} are allowed`,
    );
  if (keys.has(key)) return key;
  throw new Misuse(`the key ${JSON.stringify(truncate(key, 120))} is ${keys.refusal}`);
}
