import type { Redis } from 'ioredis';
import { runPrefix } from './protocol.ts';
import { readRedisUrl } from './redis-url.ts';

/** A folder with another name may contain characters that SCAN reads as a pattern. */
const runId = /^[a-z0-9]{20}$/;

/**
 * Removes the keys of interrupted runs from a Redis, over one connection that is opened for the first run.
 * The URL is the one given now: the journal does not store it, because it may contain a password. After a failure the
 * server is not tried again; the keys expire there.
 */
export class RunKeys implements Disposable {
  readonly #url: string | undefined;
  #redis: Promise<Redis> | undefined;
  #isDown = false;

  /** @param url undefined: nothing is removed. */
  constructor(url: string | undefined) {
    this.#url = url;
  }

  /** @returns whether the keys were removed. */
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
