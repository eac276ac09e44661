import { createHash, randomUUID } from 'node:crypto';
import { type Redis, ReplyError } from 'ioredis';
import { messageOf } from '../../util/errors.ts';
import type { RedisAddress } from '../redis-url.ts';
import { type Refusal, unusable } from './redis-refusal.ts';

/** Appends a message to a topic and returns the new length: its sequence number. */
const publishScript = "redis.call('XADD', KEYS[1], '*', 'p', ARGV[1]) return redis.call('XLEN', KEYS[1])";
const publishSha = createHash('sha1').update(publishScript).digest('hex');
/** How long, in ms, the trial keys stay if they cannot be removed. */
const trialMs = 60_000;

/**
 * Tries each command that the store needs on two temporary keys. A replica, a cluster, a Sentinel and a user without
 * the permissions are reported before the run, and not by its first signal.
 * @returns the SHA of the publish script; undefined if the server has no scripts, or the user may not run them.
 * @throws TgError (environment) if a command fails.
 */
export async function tryCommands(
  redis: Redis,
  address: RedisAddress,
  prefix: string,
): Promise<string | undefined> {
  const trial = `${prefix}tg:trial:${randomUUID()}:`;
  const [state, topic] = [`${trial}a`, `${trial}b`];
  const refusals = await refusalsOf(redis, [
    // A cluster refuses this command: the two keys are in different slots.
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

/** @throws the error itself if the server did not send it: the connection is broken. */
function refusal(command: string, error: unknown): Refusal {
  if (error instanceof ReplyError) return { command, why: messageOf(error) };
  throw error;
}
