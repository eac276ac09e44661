import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ownFiles } from '../os/own-package.ts';
import { sanitizeTerminal } from '../util/sanitize-terminal.ts';
import { type Report, titleOf } from './data.ts';

/** How the page gets its data: a file never changes, a live page polls its server while the run is active. */
export type PageKind = 'file' | 'live';

/**
 * Renders the page of a report as one self-contained text. Nothing printed by a plan is ever executed: the content
 * security policy allows only the page's own program, by its digest.
 */
export async function pageOf(report: Report, kind: PageKind = 'file'): Promise<string> {
  const [program, style] = await Promise.all([asset('page.js'), asset('page.css')]);
  const digest = createHash('sha256').update(program).digest('base64');
  const policy = [
    "default-src 'none'",
    `script-src 'sha256-${digest}'`,
    "style-src 'unsafe-inline'",
    kind === 'live' ? "connect-src 'self'" : "connect-src 'none'",
    // Keeps browsers from requesting an icon.
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>${escaped(sanitizeTerminal(titleIn(report)))}</title>
<style>${style}</style>
</head>
<body>
<div id="page"><p>This page needs JavaScript.</p></div>
<script type="application/json" id="data"${kind === 'live' ? ' data-live' : ''}>${jsonOf(report)}</script>
<script>${program}</script>
</body>
</html>
`;
}

/**
 * Serializes a report for a script element: nothing in it can end the script or begin another. Names and texts of
 * plans are escaped so that control characters and bidirectional controls have no effect.
 */
export function jsonOf(report: Report): string {
  const shown = (_: string, value: unknown) => (typeof value === 'string' ? sanitizeTerminal(value) : value);
  return JSON.stringify(report, shown).replaceAll('<', '\\u003c');
}

function titleIn(report: Report): string {
  if (report.kind === 'run') return titleOf(report.about);
  if (report.kind === 'series')
    return `${report.about.plan}:${report.about.testCase}, ${report.runs.id.length} runs · tg`;
  return `${report.sides.map(({ words }) => words).join(' | ')} · tg`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

/** Reads an output of scripts/parts.js for page/. */
async function asset(name: string): Promise<string> {
  return await readFile(join(ownFiles().pageAssets, name), 'utf8');
}
