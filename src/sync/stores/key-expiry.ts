import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { withTimeout } from '../../util/with-timeout.ts';
import { answerPatience, scanKeys } from './redis-connection.ts';

/**
 * Lets the keys of a run expire in a Redis that others use too, some time after nobody renews them any more: a tg that was
 * killed removes nothing. A key of its own shows whether they are there still.
 */
export class KeyExpiry {
  readonly #redis: Redis;
  readonly #prefix: string;
  readonly #afterMs: number;
  /** The keys that are to expire, as far as is known; of each whether it was seen again since it was given its time. */
  readonly #given = new Map<string, { again: boolean }>();
  /** Of the form of no state and no topic. */
  readonly marker: string;

  /** @param afterMs how long, in ms, a key stays that is not renewed. */
  constructor(redis: Redis, prefix: string, afterMs: number) {
    this.#redis = redis;
    this.#prefix = prefix;
    this.#afterMs = afterMs;
    this.marker = `${prefix}tg:${randomUUID()}`;
  }

  /** How often, in ms, all keys are to be renewed. */
  get renewEvery(): number {
    return this.#afterMs / 4;
  }

  async begin(): Promise<void> {
    // Together: a process that dies in between leaves no key for ever.
    const made = [
      ['incr', this.marker],
      ['pexpire', this.marker, this.#afterMs],
    ];
    await this.#redis.pipeline(made).exec();
    await this.beat();
  }

  /** @throws Error when the keys are not there any more: somebody removed them, or this process stood still for too long. */
  async beat(): Promise<void> {
    const there = await withTimeout(answerPatience, undefined, () =>
      this.#redis.pexpire(this.marker, this.#afterMs),
    );
    if (there === 0) throw new Error('the keys of this run have expired there, or were removed');
  }

  /** A key was written: it is to expire, too. */
  see(key: string): void {
    const before = this.#given.get(key);
    if (before !== undefined) {
      before.again = true;
      return;
    }
    const given = { again: false };
    this.#given.set(key, given);
    this.#redis.pexpire(key, this.#afterMs).then(
      (there) => {
        if (there === 0) this.#miss(key, given);
      },
      // A connection that breaks is told of elsewhere.
      () => {},
    );
  }

  /** A key was not there when it was to be given its time: it was seen because it was removed. */
  #miss(key: string, given: { readonly again: boolean }): void {
    if (this.#given.get(key) !== given) return;
    this.#given.delete(key);
    // Perhaps written anew meanwhile.
    if (given.again) this.see(key);
  }

  /** Keys were removed, and may be written anew. */
  forget(keys: readonly string[]): void {
    for (const key of keys) this.#given.delete(key);
  }

  /** Renews all keys, those too that old SDKs have written themselves. */
  async renew(): Promise<void> {
    for await (const keys of scanKeys(this.#redis, this.#prefix)) {
      const renewals = keys.map((key) => ['pexpire', key, this.#afterMs]);
      await withTimeout(answerPatience, undefined, () => this.#redis.pipeline(renewals).exec());
    }
  }
}
