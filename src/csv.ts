/** A line of CSV, with its end (RFC 4180, but for the line's end, which is that of the system's other files). */
export function csvLine(fields: readonly (string | number | bigint)[]): string {
  return `${fields.map((field) => quoted(String(field))).join(',')}\n`;
}

function quoted(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
