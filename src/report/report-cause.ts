import type { Cause } from '../run/causes/cause.ts';
import { type CauseLine, linesOfCause } from '../run/causes/cause-text.ts';
import type { CauseSection, ReportCause } from './data.ts';

/** A cause as the page shows it, with all that is known about it. */
export function reportCauseOf(cause: Cause): ReportCause {
  const [title, ...details] = linesOfCause(cause, Number.POSITIVE_INFINITY);
  const { example } = cause;
  const sections = sectionsOf(details);
  return {
    title: title?.text ?? '',
    code: codeIn(sections.find(({ what }) => what === 'stack')?.lines ?? []),
    sections,
    example: example && { group: example.group, index: example.index },
  };
}

/** Splits lines into those that speak for themselves, and quotes with their heading. */
function sectionsOf(lines: readonly CauseLine[]): CauseSection[] {
  const sections: { what: string; lines: string[] }[] = [];
  for (const [place, { kind, text }] of lines.entries()) {
    const isHeading = kind === 'detail' && lines[place + 1]?.kind === 'quote';
    const last = sections.at(-1);
    if (isHeading) sections.push({ what: text.replace(/:$/, ''), lines: [] });
    else if (last === undefined || (kind === 'detail') !== (last.what === ''))
      sections.push({ what: '', lines: [text] });
    else last.lines.push(text);
  }
  return sections;
}

/** `at f (main.ts:12:3)`, `main.go:12 +0x1d`, `src/main.rs:12:3`. */
const place = /([^\s()"']+\.\w+:\d+(?::\d+)?)/;
/** `File "main.py", line 12`. */
const pythonPlace = /File "([^"]+)", line (\d+)/;

/** The first place that a stack names; of a traceback of Python, the last one. */
function codeIn(stack: readonly string[]): string | null {
  const last = stack.map((line) => pythonPlace.exec(line)).findLast((found) => found !== null);
  if (last) return `${last[1]}:${last[2]}`;
  const first = stack.map((line) => place.exec(line)).find((found) => found !== null);
  return first?.[1] ?? null;
}
