import { jsonWithoutCommands } from '../github/workflow-commands.ts';

/**
 * Characters that JSON does not escape and a terminal may interpret: DEL, C1, line separators and bidirectional
 * controls.
 */
const unescaped = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Escapes JSON so that a terminal interprets nothing in it, without changing its value. */
export function escapedJson(json: string): string {
  return jsonWithoutCommands(json).replace(
    unescaped,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
