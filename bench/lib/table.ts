import type { Row } from './benchmark.ts';

const head = ['what', 'tg', 'against', '', 'ratio', 'goal', 'goal met'];

/** Formats rows as a Markdown table with aligned columns. */
export function tableOf(rows: readonly Row[]): string {
  const cells = [head, ...rows.map(cellsOf)];
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [first = head, ...others] = cells;
  return [
    line(first),
    `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`,
    ...others.map(line),
  ].join('\n');
}

function cellsOf({ what, unit, tg, against, goal, met }: Row): string[] {
  return [
    what,
    `${numberOf(tg)} ${unit}`,
    against?.name ?? '–',
    against === undefined ? '' : `${numberOf(against.value)} ${unit}`,
    against === undefined ? '' : (tg / against.value).toFixed(2),
    goal,
    met === undefined ? '–' : met ? 'yes' : 'no',
  ];
}

/** Three significant digits, with thousands separators. */
function numberOf(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en');
}
