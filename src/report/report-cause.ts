import type { Cause } from '../run/causes/cause.ts';
import { type CauseLine, linesOfCause } from '../run/causes/cause-text.ts';
import { placesIn } from '../run/causes/source-line.ts';
import type { CauseSection, ReportCause } from './data.ts';

/** A cause as the page shows it, with all that is known about it. */
export function reportCauseOf(cause: Cause): ReportCause {
  const { example } = cause;
  // The page shows the line of the source in a place of its own.
  const rest = { ...cause, example: example && { ...example, source: null } };
  const [title, ...details] = linesOfCause(rest, Number.POSITIVE_INFINITY);
  const sections = sectionsOf(details);
  return {
    title: title?.text ?? '',
    code: example?.source?.place ?? codeIn(sections.find(({ what }) => what === 'stack')?.lines ?? []),
    source: example?.source?.text ?? null,
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

/** The place that a stack names first. */
function codeIn(stack: readonly string[]): string | null {
  const [first] = placesIn(stack);
  return first === undefined ? null : `${first.path}${first.suffix}`;
}
