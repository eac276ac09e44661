import { sanitizeTerminal } from './sanitize-terminal.ts';

/**
 * A line of CSV with its terminator (RFC 4180, but with `\n` as in other files of the system). Control characters in a
 * text are escaped.
 */
export function csvLine(fields: readonly (string | number | bigint)[]): string {
  return `${fields.map((field) => quoted(typeof field === 'string' ? inert(sanitizeTerminal(field)) : String(field))).join(',')}\n`;
}

/** The first characters that make a spreadsheet treat a cell as a formula (OWASP, "CSV Injection"). */
const formula = /^[=+\-@\t\r\n\uff0b\uff0d\uff1d\uff20]/;
const number = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Prefixes a text that a spreadsheet would evaluate as a formula with an apostrophe. Numbers stay unchanged. */
function inert(text: string): string {
  return formula.test(text) && !number.test(text) ? `'${text}` : text;
}

function quoted(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
