import { TgError } from '../../../util/errors.ts';

/**
 * A message as it is published, a JSON text.
 * @param message as it was typed, or read from stdin.
 * @param asJson whether it is JSON already; it is passed on as it stands, numbers of any size included.
 * @throws TgError (usage) where it is meant to be JSON and is not.
 */
export function payloadOf(message: string, asJson: boolean): string {
  if (!asJson) return JSON.stringify(message);
  try {
    JSON.parse(message);
  } catch (cause) {
    throw new TgError('usage', `the message is not JSON: ${cause instanceof Error ? cause.message : cause}`, {
      hint: 'Without --json it is published as a text.',
      cause,
    });
  }
  return message.trim();
}

/** A message as a line shows it: a text as itself, everything else as JSON. */
export function shownPayload(payload: string): string {
  const value: unknown = payload.startsWith('"') ? JSON.parse(payload) : undefined;
  return typeof value === 'string' ? value : payload;
}
