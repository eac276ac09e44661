// Other packages take 20 ms to load, because they expand Unicode classes eagerly.
import stringWidth from 'fast-string-width';
import { sanitizeTerminalLine } from '../../util/sanitize-terminal.ts';

/**
 * Formats rows as columns two spaces apart, each cell on one line. @param right the columns to align to the right.
 */
export function columns(rows: readonly (readonly string[])[], right: readonly number[] = []): string {
  const cells = rows.map((row) => row.map(sanitizeTerminalLine));
  const widths = (rows[0] ?? []).map((_, column) =>
    cells.reduce((max, row) => Math.max(max, stringWidth(row[column] ?? '')), 0),
  );
  const padded = (text: string, column: number) => {
    const padding = ' '.repeat(Math.max(0, (widths[column] ?? 0) - stringWidth(text)));
    return right.includes(column) ? padding + text : text + padding;
  };
  return cells.map((row) => `${row.map(padded).join('  ').trimEnd()}\n`).join('');
}
