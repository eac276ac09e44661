import { longestTimer } from '../../../util/longest-timer.ts';
import { messages } from '../../messages.ts';
import { Misuse } from '../misuse.ts';
import { type ServedKeys, servedKey } from '../served-keys.ts';
import { type CommandContext, idOf } from './command.ts';
import { nullArray, type Reply } from './resp.ts';

/** How many entries of each stream XREAD returns without COUNT. */
const defaultCount = 256;

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

function placeOf(id: string): number | undefined {
  if (id === '$') return undefined;
  const [, seq] = /^(\d+)(?:-\d+)?$/.exec(id) ?? [];
  if (seq === undefined) throw new Misuse('ERR Invalid stream ID specified as stream command argument');
  return Number(seq);
}
