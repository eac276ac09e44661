import { messages } from '../messages.ts';
import { maxPayloadBytes } from '../protocol.ts';
import type { SyncStore } from '../store.ts';
import { Misuse, type ServedKeys, servedKey } from './own-keys.ts';
import { nullArray, type Reply } from './resp.ts';

/** The context in which a command runs. */
export interface CommandContext {
  readonly store: SyncStore;
  readonly keys: ServedKeys;
  /** Ends a blocking command: the client disconnected, or another one unblocked it. */
  readonly signal: AbortSignal;
}

type Command = (args: readonly string[], context: CommandContext) => Promise<Reply>;

/** The longest timer delay, in ms. */
const longestTimer = 2 ** 31 - 1;
/** How many entries of each stream XREAD returns without COUNT. */
const defaultCount = 256;

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

/** Returns the entries of streams after the given positions; blocks as long as requested. */
export async function readStreams(
  { count, blockMs, streams }: Xread,
  context: CommandContext,
): Promise<Reply> {
  const lengths = await Promise.all(streams.map(({ key }) => context.store.length(key)));
  const wanted = streams.map(({ key, after }, index) => ({ key, from: after ?? lengths[index] ?? 0 }));
  const ready = wanted.some(({ from }, index) => from < (lengths[index] ?? 0));
  if (!ready && blockMs === undefined) return nullArray;
  const found = await firstBatches(wanted, context, ready ? undefined : blockMs);
  const filled = found.filter(({ batch }) => batch.length > 0);
  if (filled.length === 0) return nullArray;
  return filled.map(({ key, from, batch }) => [
    key,
    firstOf(batch, count).map((payload, index) => [idOf(from + index + 1), ['p', payload]]),
  ]);
}

/** The limit on bytes of one stream in one reply. A first message may be larger. */
const maxBytes = 1024 * 1024;

function firstOf(batch: readonly string[], count: number): readonly string[] {
  let bytes = 0;
  const end = batch.findIndex((payload, index) => {
    bytes += payload.length;
    return index >= count || (index > 0 && bytes > maxBytes);
  });
  return end === -1 ? batch : batch.slice(0, end);
}

interface StreamPlace {
  readonly key: string;
  /** How many messages were already read. */
  readonly from: number;
}

/** Returns entries as soon as one of the streams has any; nothing if the wait ends first. */
async function firstBatches(
  places: readonly StreamPlace[],
  { store, signal }: CommandContext,
  blockMs?: number,
) {
  const enough = new AbortController();
  const end = () => enough.abort();
  signal.addEventListener('abort', end);
  if (signal.aborted) end();
  const timer = blockMs ? setTimeout(end, Math.min(blockMs, longestTimer)) : undefined;
  const batches = new Map<StreamPlace, readonly string[]>();
  const reads = places.map(async (place) => {
    for await (const batch of messages(store, place.key, enough.signal, place.from)) {
      batches.set(place, batch);
      break;
    }
  });
  try {
    await Promise.race(reads);
  } finally {
    end();
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
    await Promise.allSettled(reads);
  }
  return places.map((place) => ({ ...place, batch: batches.get(place) ?? [] }));
}

/** The arguments of an XREAD. */
export interface Xread {
  readonly count: number;
  /** 0 waits for ever, undefined does not wait. */
  readonly blockMs: number | undefined;
  /** `after` is the number of messages already read; undefined reads only new ones. */
  readonly streams: readonly { readonly key: string; readonly after: number | undefined }[];
}

/** @throws Misuse for an invalid XREAD, and for a key that is not served. */
export function parseXread(args: readonly string[], keys: ServedKeys): Xread {
  let count = defaultCount;
  let blockMs: number | undefined;
  let at = 0;
  for (; at < args.length && args[at]?.toUpperCase() !== 'STREAMS'; at += 2) {
    const [option = '', value = ''] = [args[at]?.toUpperCase(), args[at + 1]];
    if (!/^\d+$/.test(value) || !['COUNT', 'BLOCK'].includes(option))
      throw new Misuse('ERR syntax error in XREAD');
    if (option === 'COUNT') count = Number(value) || defaultCount;
    else blockMs = Number(value);
  }
  const named = args.slice(at + 1);
  if (named.length === 0 || named.length % 2 !== 0)
    throw new Misuse('ERR Unbalanced XREAD list of streams: for each stream key an ID must be specified');
  const half = named.length / 2;
  const streams = named.slice(0, half).map((key, index) => ({
    key: servedKey(key, keys),
    after: placeOf(named[half + index] ?? ''),
  }));
  return { count, blockMs, streams };
}

function idOf(seq: number): string {
  return `${seq}-0`;
}

function placeOf(id: string): number | undefined {
  if (id === '$') return undefined;
  const [, seq] = /^(\d+)(?:-\d+)?$/.exec(id) ?? [];
  if (seq === undefined) throw new Misuse('ERR Invalid stream ID specified as stream command argument');
  return Number(seq);
}

function countAsText(count: number | undefined): string | null {
  return count === undefined ? null : String(count);
}

function one(command: string, args: readonly string[]): string {
  const [key, ...more] = args;
  if (key === undefined || more.length > 0) throw wrongNumber(command);
  return key;
}

/** The error for a command with the wrong number of arguments. */
export function wrongNumber(command: string): Misuse {
  return new Misuse(`ERR wrong number of arguments for '${command.toLowerCase()}' command`);
}
