import { sanitizeTerminal } from './sanitize-terminal.ts';

/**
 * A line of CSV, with its end (RFC 4180, but for the line's end, which is that of the system's other files). Control characters in a text are
 * spelled out.
 */
export function csvLine(fields: readonly (string | number | bigint)[]): string {
  return `${fields.map((field) => quoted(typeof field === 'string' ? inert(sanitizeTerminal(field)) : String(field))).join(',')}\n`;
}

/** What a spreadsheet takes for a formula begins so (OWASP, "CSV Injection"). */
const formula = /^[=+\-@\t\r\n\uff0b\uff0d\uff1d\uff20]/;
const number = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** A text that no spreadsheet computes: one that begins as a formula has an apostrophe before it. Numbers stay as they are. */
function inert(text: string): string {
  return formula.test(text) && !number.test(text) ? `'${text}` : text;
}

function quoted(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
