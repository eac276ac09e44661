import { jsonWithoutCommands } from '../github/workflow-commands.ts';

/** What JSON does not escape by itself, and a terminal may obey: DEL, C1, what ends a line for some or turns the direction of writing. */
const unescaped = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** JSON that says the same, and that moves no terminal on which it is printed. */
export function harmlessJson(json: string): string {
  return jsonWithoutCommands(json).replace(
    unescaped,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
