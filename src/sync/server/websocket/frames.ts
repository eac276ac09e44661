import * as z from 'zod';
import { isFields } from '../../../util/fields.ts';
import type { Response } from '../../protocol.ts';
import { sliceJson } from './json-slice.ts';

/** A request's id as the client sent it; responses repeat it. (Go and JS send decimal strings.) */
export type RequestId = string | number;

/** The operation that a client requests; `unreadable` is answered with its error. */
export type Operation =
  | { readonly kind: 'publish'; readonly topic: string; readonly payload: string }
  | { readonly kind: 'subscribe'; readonly topic: string }
  | { readonly kind: 'barrier'; readonly state: string; readonly target: number }
  | { readonly kind: 'signal_entry'; readonly state: string }
  | { readonly kind: 'cancel' }
  | { readonly kind: 'unreadable'; readonly error: string };

/** Reads JSON as the reference server, in Go, does: a missing or null field is the zero value. */
function orZero<Schema extends z.ZodType, Zero>(schema: Schema, zero: Zero) {
  return schema.nullish().transform((value) => value ?? zero);
}

const requestSchema = z.looseObject({
  id: orZero(z.union([z.string(), z.number()]), ''),
  is_cancel: z.boolean().nullish(),
  publish: z.looseObject({ topic: orZero(z.string(), '') }).nullish(),
  subscribe: z.looseObject({ topic: orZero(z.string(), '') }).nullish(),
  barrier: z.looseObject({ state: orZero(z.string(), ''), target: orZero(z.int(), 0) }).nullish(),
  signal_entry: z.looseObject({ state: orZero(z.string(), '') }).nullish(),
});

/** Parses one text frame. Never throws: an invalid frame becomes an `unreadable` operation. */
export function readRequest(frame: string): { readonly id: RequestId; readonly operation: Operation } {
  let json: unknown;
  try {
    json = JSON.parse(frame);
  } catch (error) {
    return unreadable('', `not JSON: ${error instanceof Error ? error.message : ''}`);
  }
  const usual = usualRequest(json, frame);
  if (usual !== undefined) return usual;
  const checked = requestSchema.safeParse(json);
  if (!checked.success) {
    const problems = checked.error.issues.map(
      ({ path, message }) => `${path.join('.') || 'request'}: ${message}`,
    );
    return unreadable(idOf(json), problems.join('; '));
  }
  const { id, is_cancel, publish, subscribe, barrier, signal_entry } = checked.data;
  if (is_cancel) return { id, operation: { kind: 'cancel' } };
  if (publish) return { id, operation: { kind: 'publish', topic: publish.topic, payload: payloadOf(frame) } };
  if (subscribe) return { id, operation: { kind: 'subscribe', topic: subscribe.topic } };
  if (barrier) return { id, operation: { kind: 'barrier', state: barrier.state, target: barrier.target } };
  if (signal_entry) return { id, operation: { kind: 'signal_entry', state: signal_entry.state } };
  return unreadable(
    id,
    'unknown request: one of publish, subscribe, barrier, signal_entry or is_cancel is needed',
  );
}

/**
 * The fast path for the requests that SDKs usually send: one operation and no unusual fields. It avoids the schema,
 * which takes longer than the rest of the work for a request. Other frames go through the schema.
 */
function usualRequest(
  json: unknown,
  frame: string,
): { readonly id: RequestId; readonly operation: Operation } | undefined {
  if (!isFields(json)) return undefined;
  const { id, is_cancel = false, publish, subscribe, barrier, signal_entry } = json;
  if (typeof id !== 'string' || is_cancel !== false || subscribe !== undefined) return undefined;
  if (isFields(publish) && barrier === undefined && signal_entry === undefined) {
    const { topic } = publish;
    if (typeof topic !== 'string') return undefined;
    return { id, operation: { kind: 'publish', topic, payload: payloadOf(frame) } };
  }
  if (publish !== undefined) return undefined;
  if (isFields(barrier) && signal_entry === undefined) {
    const { state, target } = barrier;
    if (typeof state !== 'string' || typeof target !== 'number' || !Number.isSafeInteger(target))
      return undefined;
    return { id, operation: { kind: 'barrier', state, target } };
  }
  if (barrier !== undefined || !isFields(signal_entry)) return undefined;
  const { state } = signal_entry;
  return typeof state === 'string' ? { id, operation: { kind: 'signal_entry', state } } : undefined;
}

function payloadOf(frame: string): string {
  return ofItsOwn(sliceJson(frame, ['publish', 'payload']) ?? 'null', frame);
}

/** Copies a slice of a much larger frame: the slice alone would keep the whole frame in memory. */
function ofItsOwn(piece: string, frame: string): string {
  return frame.length - piece.length > 512 ? Buffer.from(piece).toString() : piece;
}

function unreadable(id: RequestId, error: string): { id: RequestId; operation: Operation } {
  return { id, operation: { kind: 'unreadable', error } };
}

function idOf(json: unknown): RequestId {
  if (!isFields(json)) return '';
  const { id } = json;
  return typeof id === 'string' || typeof id === 'number' ? id : '';
}

/** A response as a text frame. Every field is present, as in the reference server's responses. */
export function writeResponse(id: RequestId, answer: Partial<Omit<Response, 'id'>> = {}): string {
  const response = { id, error: '', publish: null, subscribe: '', signal_entry: null, ...answer };
  return JSON.stringify(response);
}
