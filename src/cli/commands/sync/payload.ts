import { TgError } from '../../../util/errors.ts';

/**
 * The JSON text of a message to publish.
 * @param message as given on the command line or stdin.
 * @param asJson whether the message is JSON already; it is passed on unchanged, including numbers of any size.
 * @throws TgError (usage) if it should be JSON and is not.
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

/** The form of a message on a line: strings as they are, everything else as JSON. */
export function shownPayload(payload: string): string {
  const value: unknown = payload.startsWith('"') ? JSON.parse(payload) : undefined;
  return typeof value === 'string' ? value : payload;
}
