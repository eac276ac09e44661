import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ownFiles } from '../os/own-package.ts';
import { sanitizeTerminal } from '../util/sanitize-terminal.ts';
import { type Report, titleOf } from './data.ts';

/** How the data of a page changes: not at all in a file, while a run goes on where it is served. */
export type PageKind = 'file' | 'live';

/**
 * A page that shows a report: one text with all that it needs. Nothing that a plan has said is ever carried out: the page's own
 * program is named by its digest, and no other may run (CSP).
 */
export async function pageOf(report: Report, kind: PageKind = 'file'): Promise<string> {
  const [program, style] = await Promise.all([asset('page.js'), asset('page.css')]);
  const digest = createHash('sha256').update(program).digest('base64');
  const policy = [
    "default-src 'none'",
    `script-src 'sha256-${digest}'`,
    "style-src 'unsafe-inline'",
    kind === 'live' ? "connect-src 'self'" : "connect-src 'none'",
    // No browser asks for an icon then.
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
 * JSON that may stand in a script: nothing in it ends that, or begins another. What plans call things, and say, is shown as it is and
 * does nothing: no control character, and none that turns the direction of writing round.
 */
export function jsonOf(report: Report): string {
  const shown = (_: string, value: unknown) => (typeof value === 'string' ? sanitizeTerminal(value) : value);
  return JSON.stringify(report, shown).replaceAll('<', '\\u003c');
}

function titleIn(report: Report): string {
  if (report.kind === 'run') return titleOf(report.about);
  return `${report.sides.map(({ words }) => words).join(' | ')} · tg`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

/** What scripts/parts.js makes of page/. */
async function asset(name: string): Promise<string> {
  return await readFile(join(ownFiles().pageAssets, name), 'utf8');
}
