import { createHash, randomUUID } from 'node:crypto';
import { type Redis, ReplyError } from 'ioredis';
import { messageOf } from '../../util/errors.ts';
import type { RedisAddress } from '../redis-url.ts';
import { type Refusal, unusable } from './redis-refusal.ts';

/** Adds a message to a topic, and says how many there are: its sequence number. */
const publishScript = "redis.call('XADD', KEYS[1], '*', 'p', ARGV[1]) return redis.call('XLEN', KEYS[1])";
const publishSha = createHash('sha1').update(publishScript).digest('hex');
/** For how long, in ms, what is tried may stay where it cannot be removed. */
const trialMs = 60_000;

/**
 * Tries each command that the store needs, on two keys that are removed again: a replica, a cluster, a Sentinel and a user
 * who may not do all of it are told before the run, and not by its first signal.
 * @returns how the server calls the script that publishes; undefined where it has none, or its user may not use it.
 * @throws TgError (environment) for what does not work.
 */
export async function tryCommands(
  redis: Redis,
  address: RedisAddress,
  prefix: string,
): Promise<string | undefined> {
  const trial = `${prefix}tg:trial:${randomUUID()}:`;
  const [state, topic] = [`${trial}a`, `${trial}b`];
  const refusals = await refusalsOf(redis, [
    // The two are in different slots of a cluster.
    ['mget', state, topic],
    ['incr', state],
    ['pexpire', state, trialMs],
    ['get', state],
    ['xadd', topic, '*', 'p', 'null'],
    ['pexpire', topic, trialMs],
    ['xlen', topic],
    ['xread', 'COUNT', 1, 'STREAMS', topic, '0'],
    ['scan', '0', 'COUNT', 1],
  ]);
  const script = await refusalsOf(redis, [
    ['script', 'LOAD', publishScript],
    ['evalsha', publishSha, 1, topic, 'null'],
  ]);
  if (script.length > 0) refusals.push(...(await tryTransaction(redis, topic)));
  refusals.push(
    ...(await refusalsOf(redis, [
      ['del', state],
      ['del', topic],
    ])),
  );
  if (refusals.length > 0) throw unusable(address, refusals);
  return script.length === 0 ? publishSha : undefined;
}

async function refusalsOf(redis: Redis, commands: (string | number)[][]): Promise<Refusal[]> {
  const replies = (await redis.pipeline(commands).exec()) ?? [];
  return replies.flatMap(([error], index) =>
    error === null ? [] : refusal(String(commands[index]?.[0]).toUpperCase(), error),
  );
}

async function tryTransaction(redis: Redis, topic: string): Promise<Refusal[]> {
  try {
    await redis.multi().xlen(topic).exec();
    return [];
  } catch (error) {
    return [refusal('MULTI and EXEC', error)];
  }
}

/** @throws the error where it is no answer of the server: the connection is broken. */
function refusal(command: string, error: unknown): Refusal {
  if (error instanceof ReplyError) return { command, why: messageOf(error) };
  throw error;
}
