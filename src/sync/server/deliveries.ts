import type { RequestId } from './frames.ts';
import { head, utf8AsLatin1 } from './text-frame.ts';

/** How an answer with a message looks but for the id and the message: every field is there, as the reference server writes them. */
const before = '{"id":';
const middle = ',"error":"","publish":null,"subscribe":';
const after = ',"signal_entry":null}';

/** A batch as JSON strings, and what subscribers are sent for it, by their id. */
interface Made {
  readonly texts: readonly string[];
  readonly byId: Map<RequestId, Buffer>;
}

/**
 * What was made lately: all who take the same batch share it, each message is written down once, and put into frames once for
 * each id.
 */
const made = new Map<readonly string[], Made>();
let madeBytes = 0;
/** So many bytes of it are kept, beside the last one. */
const mostBytes = 8 * 1024 * 1024;

/** The frames that bring a batch of messages to the subscription with an id. */
export function deliveryOf(batch: readonly string[], id: RequestId): Buffer {
  const { texts, byId } = madeOf(batch);
  const known = byId.get(id);
  if (known !== undefined) return known;
  const beginning = before + utf8AsLatin1(JSON.stringify(id)) + middle;
  const around = beginning.length + after.length;
  let frames = '';
  for (const text of texts) frames += head(around + text.length) + beginning + text + after;
  const bytes = Buffer.from(frames, 'latin1');
  byId.set(id, bytes);
  keep(bytes.length);
  return bytes;
}

function madeOf(batch: readonly string[]): Made {
  const known = made.get(batch);
  if (known !== undefined) return known;
  const fresh = { texts: batch.map((message) => utf8AsLatin1(JSON.stringify(message))), byId: new Map() };
  made.set(batch, fresh);
  keep(fresh.texts.reduce((sum, text) => sum + text.length, 0));
  return fresh;
}

function keep(bytes: number): void {
  madeBytes += bytes;
  for (const [batch, { texts, byId }] of made) {
    if (madeBytes <= mostBytes) return;
    for (const { length } of byId.values()) madeBytes -= length;
    byId.clear();
    // The one that is being sent stays: it may be larger than all that is to be kept.
    if (made.size === 1) return;
    made.delete(batch);
    for (const { length } of texts) madeBytes -= length;
  }
}
