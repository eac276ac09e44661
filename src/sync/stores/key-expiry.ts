import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { withTimeout } from '../../util/with-timeout.ts';
import { answerTimeoutMs, scanKeys } from './redis-connection.ts';

/**
 * Makes the keys of a run expire in a shared Redis some time after they were last renewed: a tg that was killed removes
 * nothing. A marker key shows whether the keys still exist.
 */
export class KeyExpiry {
  readonly #redis: Redis;
  readonly #prefix: string;
  readonly #afterMs: number;
  /** The known keys that must expire, and whether each was written again since its expiry was set. */
  readonly #given = new Map<string, { again: boolean }>();
  /** Its form differs from that of states and topics. */
  readonly marker: string;

  /** @param afterMs how long, in ms, a key stays without renewal. */
  constructor(redis: Redis, prefix: string, afterMs: number) {
    this.#redis = redis;
    this.#prefix = prefix;
    this.#afterMs = afterMs;
    this.marker = `${prefix}tg:${randomUUID()}`;
  }

  /** How often, in ms, to renew all keys. */
  get renewEvery(): number {
    return this.#afterMs / 4;
  }

  async begin(): Promise<void> {
    // Sent together: a process that dies in between leaves no key without an expiry.
    const made = [
      ['incr', this.marker],
      ['pexpire', this.marker, this.#afterMs],
    ];
    await this.#redis.pipeline(made).exec();
    await this.beat();
  }

  /** @throws Error when the keys no longer exist: they were removed, or this process was suspended for too long. */
  async beat(): Promise<void> {
    const there = await withTimeout(answerTimeoutMs, undefined, () =>
      this.#redis.pexpire(this.marker, this.#afterMs),
    );
    if (there === 0) throw new Error('the keys of this run have expired there, or were removed');
  }

  /** Records that a key was written and must expire. */
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
      // A broken connection is reported elsewhere.
      () => {},
    );
  }

  /** Handles a key that did not exist when its expiry was set: the notification was about its removal. */
  #miss(key: string, given: { readonly again: boolean }): void {
    if (this.#given.get(key) !== given) return;
    this.#given.delete(key);
    // It may have been written again meanwhile.
    if (given.again) this.see(key);
  }

  /** Records that keys were removed; they may be written again. */
  forget(keys: readonly string[]): void {
    for (const key of keys) this.#given.delete(key);
  }

  /** Renews all keys, including those that old SDKs wrote directly. */
  async renew(): Promise<void> {
    for await (const keys of scanKeys(this.#redis, this.#prefix)) {
      const renewals = keys.map((key) => ['pexpire', key, this.#afterMs]);
      await withTimeout(answerTimeoutMs, undefined, () => this.#redis.pipeline(renewals).exec());
    }
  }
}
