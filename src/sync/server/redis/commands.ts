import { maxPayloadBytes } from '../../protocol.ts';
import { Misuse } from '../misuse.ts';
import { servedKey } from '../served-keys.ts';
import { type CommandContext, idOf, wrongNumber } from './command.ts';
import type { Reply } from './resp.ts';
import { parseXread, readStreams } from './xread.ts';

type Command = (args: readonly string[], context: CommandContext) => Promise<Reply>;

/**
 * The commands that old SDKs (sdk-go before 0.3) send, on the same store as the WebSocket: INCR is a signal entry, and
 * a stream of entries with a field `p` is a topic. A message's ID is its sequence number. redis-session.ts handles the
 * commands about the connection itself (CLIENT, MULTI, EXEC).
 */
export const commands: Readonly<Record<string, Command>> = {
  async PING([message]) {
    return message ?? { status: 'PONG' };
  },

  async INCR(args, { store, keys }) {
    return await store.signalEntry(servedKey(one('INCR', args), keys));
  },

  async GET(args, { store, keys }) {
    return countAsText(await store.count(servedKey(one('GET', args), keys)));
  },

  async MGET(args, { store, keys }) {
    if (args.length === 0) throw wrongNumber('MGET');
    return await Promise.all(args.map(async (key) => countAsText(await store.count(servedKey(key, keys)))));
  },

  async XADD(args, context) {
    return idOf(await addEntry(args, context));
  },

  async XLEN(args, { store, keys }) {
    return await store.length(servedKey(one('XLEN', args), keys));
  },

  /** Commands in a transaction do not wait; redis-session.ts handles blocking reads. */
  async XREAD(args, context) {
    return await readStreams({ ...parseXread(args, context.keys), blockMs: undefined }, context);
  },

  async SCAN([cursor, ...options], { store, keys }) {
    if (cursor === undefined) throw wrongNumber('SCAN');
    if (options[0]?.toUpperCase() === 'MATCH')
      throw new Misuse('ERR SCAN does not support MATCH here: leave it out');
    // All keys in one reply: cursor 0 means that there are no more.
    return ['0', cursor === '0' ? (await store.keys()).filter((key) => keys.has(key)) : []];
  },

  async DEL(args, { store, keys }) {
    if (args.length === 0) throw wrongNumber('DEL');
    return await store.remove(args.map((key) => servedKey(key, keys)));
  },

  /** Keys of a run never become idle while it lasts: a clean-up of idle keys finds none. */
  async OBJECT([what, key, ...more], { store, keys }) {
    if (what?.toUpperCase() !== 'IDLETIME' || key === undefined || more.length > 0)
      throw new Misuse('ERR OBJECT supports only IDLETIME with one key here');
    return (await store.has(servedKey(key, keys))) ? 0 : null;
  },
};

/**
 * XADD followed by XLEN in one transaction is a publish: the length is the message's own number, even if others publish
 * concurrently.
 */
export async function addAndCount(
  xadd: readonly string[],
  context: CommandContext,
): Promise<readonly [id: Reply, length: Reply]> {
  const seq = await addEntry(xadd, context);
  return [idOf(seq), seq];
}

async function addEntry([key, id, ...fields]: readonly string[], { store, keys }: CommandContext) {
  if (key === undefined || id === undefined) throw wrongNumber('XADD');
  if (id !== '*') throw new Misuse(`ERR XADD supports only the ID * here, not "${id}"`);
  if (fields.length !== 2 || fields[0] !== 'p')
    throw new Misuse('ERR XADD supports only entries with the one field "p" here');
  const payload = fields[1] ?? '';
  if (Buffer.byteLength(payload) > maxPayloadBytes)
    throw new Misuse(`ERR the entry is too large: at most ${maxPayloadBytes} bytes are allowed`);
  return await store.publish(servedKey(key, keys), payload);
}

function countAsText(count: number | undefined): string | null {
  return count === undefined ? null : String(count);
}

function one(command: string, args: readonly string[]): string {
  const [key, ...more] = args;
  if (key === undefined || more.length > 0) throw wrongNumber(command);
  return key;
}
