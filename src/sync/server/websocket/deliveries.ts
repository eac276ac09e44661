import type { RequestId } from './frames.ts';
import { head, utf8AsLatin1 } from './text-frame.ts';

/**
 * The start of a response with a message, up to the id. Every field is present, as in the reference server's responses.
 */
const before = '{"id":';
const middle = ',"error":"","publish":null,"subscribe":';
const after = ',"signal_entry":null}';

/** A batch as JSON strings, and the frames for its subscribers by request id. */
interface Made {
  readonly texts: readonly string[];
  readonly byId: Map<RequestId, Buffer>;
}

/**
 * Recently encoded batches. Subscribers that take the same batch share it: each message is encoded once, and framed
 * once for each id.
 */
const made = new Map<readonly string[], Made>();
let madeBytes = 0;
/** How many bytes of encoded batches are cached, besides the latest one. */
const maxBytes = 8 * 1024 * 1024;

/** The frames that deliver a batch of messages to the subscription with the given id. */
export function deliveryOf(batch: readonly string[], id: RequestId): Buffer {
  const { texts, byId } = madeOf(batch);
  const known = byId.get(id);
  if (known !== undefined) return known;
  const beginning = before + utf8AsLatin1(JSON.stringify(id)) + middle;
  const overhead = beginning.length + after.length;
  let frames = '';
  for (const text of texts) frames += head(overhead + text.length) + beginning + text + after;
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
    if (madeBytes <= maxBytes) return;
    for (const { length } of byId.values()) madeBytes -= length;
    byId.clear();
    // The batch being sent stays, even if it is larger than the limit.
    if (made.size === 1) return;
    made.delete(batch);
    for (const { length } of texts) madeBytes -= length;
  }
}
