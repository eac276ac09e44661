import { stripVTControlCharacters } from 'node:util';

/**
 * Control characters, except the line's end and the tab: they would move the cursor, ring, change the title. Also what ends a line for
 * some, and what turns the direction of writing round: a line would not say what it seems to (Trojan Source, CVE-2021-42574).
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** A text without anything that a terminal would obey but the line's end: escape sequences are left out, other characters spelled out. */
export function sanitizeTerminal(text: string): string {
  // Most have none.
  if (text.search(control) === -1) return text;
  return stripVTControlCharacters(text).replace(/\r$/gm, '').replace(control, spelled);
}

/** The same on one line: a name that stands in a row of a table, or at a place of its own, makes no further row. */
export function sanitizeTerminalLine(text: string): string {
  return sanitizeTerminal(text).replaceAll('\n', '\\n').replaceAll('\t', '\\t');
}

function spelled(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`;
}
