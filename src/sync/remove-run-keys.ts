import type { Redis } from 'ioredis';
import { runPrefix } from './protocol.ts';
import { readRedisUrl } from './redis-url.ts';

/** In the name of another folder may stand what SCAN takes for a pattern. */
const runId = /^[a-z0-9]{20}$/;

/**
 * Removes the keys of runs that were interrupted from a Redis, over one connection, which is made for the first of them. The journal
 * holds no URL, which may hold a password: it is the one that is given now. Where the server cannot be used, no other run asks it
 * again, and the keys expire there by themselves.
 */
export class RunKeys implements Disposable {
  readonly #url: string | undefined;
  #redis: Promise<Redis> | undefined;
  #isDown = false;

  /** @param url nothing is removed where there is none. */
  constructor(url: string | undefined) {
    this.#url = url;
  }

  /** @returns whether they could be removed. */
  async remove(run: string): Promise<boolean> {
    if (!this.#url || !runId.test(run) || this.#isDown) return false;
    const { connectRedis, removeKeys } = await import('./stores/redis-connection.ts');
    try {
      this.#redis ??= connectRedis(readRedisUrl(this.#url));
      await removeKeys(await this.#redis, runPrefix(run));
      return true;
    } catch {
      this.#isDown = true;
      return false;
    }
  }

  [Symbol.dispose](): void {
    this.#redis?.then(
      (redis) => redis.disconnect(),
      () => {},
    );
  }
}
