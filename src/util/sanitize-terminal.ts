import { stripVTControlCharacters } from 'node:util';

/**
 * Control characters, except newline and tab: they would move the cursor, ring the bell, or change the title. Also
 * characters that some programs treat as line terminators, and bidirectional controls: a line would be displayed
 * differently from its content (Trojan Source, CVE-2021-42574).
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to find.
const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Removes escape sequences from a text and escapes all other control characters except the line terminator. */
export function sanitizeTerminal(text: string): string {
  // The usual case.
  if (text.search(control) === -1) return text;
  return stripVTControlCharacters(text).replace(/\r$/gm, '').replace(control, spelled);
}

/** Sanitizes a text for one line: a name in a table row must not start another row. */
export function sanitizeTerminalLine(text: string): string {
  return sanitizeTerminal(text).replaceAll('\n', '\\n').replaceAll('\t', '\\t');
}

function spelled(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`;
}
