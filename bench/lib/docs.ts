import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Extent, Measured } from './benchmark.ts';
import { root } from './ground.ts';
import { svgOf } from './plot.ts';
import { tableOf } from './table.ts';

/** The results of `npm run bench`, as `--json` writes them. */
export interface Report {
  readonly version: 1;
  readonly machine: Readonly<Record<string, string>>;
  readonly extent: Extent;
  readonly results: readonly (Measured & { readonly name: string; readonly title: string })[];
}

const page = join(root, 'docs', 'performance.md');
const pictures = join(root, 'docs', 'performance');

/** Replaces the tables and plots of each benchmark in docs/performance.md. */
export function writeDocs({ machine, results }: Report): void {
  mkdirSync(pictures, { recursive: true });
  const lines = Object.entries(machine).map(([name, value]) => `- ${name}: ${value}`);
  let text = put(readFileSync(page, 'utf8'), 'machine', lines.join('\n'));
  for (const { name, rows, plots = [] } of results) {
    text = put(text, name, tableOf(rows));
    for (const plot of plots) writeFileSync(join(pictures, `${plot.file}.svg`), `${svgOf(plot)}\n`);
  }
  writeFileSync(page, text);
}

function put(text: string, name: string, message: string): string {
  const [mark, end] = [`<!-- ${name} -->\n`, '<!-- end -->'];
  const from = text.indexOf(mark);
  const to = text.indexOf(end, from);
  if (from === -1 || to === -1) throw new Error(`docs/performance.md has no marker for ${name}`);
  return `${text.slice(0, from)}${mark}\n${message}\n\n${text.slice(to)}`;
}
