import { onTestFinished } from 'vitest';
import { type PrivateRedis, startPrivateRedis } from '../../src/sync/stores/redis-server.ts';

/** A Redis of the test's own, standing for one that somebody else runs; gone when the test has finished. */
export async function someRedis(): Promise<PrivateRedis> {
  const redis = await startPrivateRedis(new AbortController().signal);
  onTestFinished(() => redis[Symbol.asyncDispose]());
  return redis;
}
