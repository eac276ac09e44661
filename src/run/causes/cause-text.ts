import { instanceTag } from '../../plan/instance-id.ts';
import { roundedDuration, snapshotLines } from '../stall/stall-text.ts';
import type { Cause, CauseExample, Causes } from './cause.ts';
import { ownFrames } from './own-frames.ts';

/** How much is shown of causes. */
interface Room {
  /** How many causes are named, and of how many the details are shown. */
  readonly named: number;
  readonly detailed: number;
  /** How many lines of a stall, a stack and output are shown for each. */
  readonly lines: number;
}

/** A line about causes. A `title` names a cause. */
export interface CauseLine {
  readonly kind: 'title' | 'detail' | 'quote' | 'note';
  readonly text: string;
}

/** A line with its indentation. */
export function indentedText({ kind, text }: CauseLine): string {
  return `${{ title: '', note: '', detail: '  ', quote: '    ' }[kind]}${text}`;
}

/** Whether the text of a cause says what it is about. */
function isTold(kind: Cause['kind']): boolean {
  return kind === 'threshold' || kind === 'fault';
}

/** What a cause is about: `single[037] failed`, `38 × failed`. */
export function causeSubject({ kind, count, example }: Cause): string {
  if (kind === 'stopped') return 'the run was ended';
  if (kind === 'error' || isTold(kind)) return kind;
  return example === null || count > 1 ? `${count} × ${kind}` : `${instanceTag(example)} ${kind}`;
}

/** A cause in one line: `single[037] failed: its error`, `38 × failed: their error`. */
export function causeTitle(cause: Cause): string {
  const { kind, text, count } = cause;
  if (kind === 'error') return text.split('\n')[0] ?? '';
  if (isTold(kind)) return text;
  if (kind === 'stopped')
    return count === 0 ? text : `${text}: ${count} instance${count === 1 ? ' was' : 's were'} ended`;
  return `${causeSubject(cause)}: ${text}`;
}

/** A cause in one line, the same for all runs that have it: `failed: its error`, whichever instance failed. */
export function causeOfAny({ kind, text }: Cause): string {
  const [first = ''] = text.split('\n');
  return kind === 'error' || kind === 'stopped' || isTold(kind) ? first : `${kind}: ${first}`;
}

/** The causes in one line each, and what they led to. @param named how many are named at most. */
export function causeTitles(found: Causes, named = found.causes.length): string[] {
  return causeLines(found, { named, detailed: 0, lines: 0 }).map(({ text }) => text);
}

/** The title of a cause, and its details. @param lines as in `Room`. */
export function linesOfCause(cause: Cause, lines: number): CauseLine[] {
  return [titleLine(cause), ...detailsOf(cause, lines)];
}

function titleLine(cause: Cause): CauseLine {
  return { kind: 'title', text: causeTitle(cause) };
}

/** The causes with their details, the most important first. */
export function causeLines({ causes, more_causes, consequences }: Causes, room: Room): CauseLine[] {
  const more = more_causes + Math.max(0, causes.length - room.named);
  return [
    ...causes
      .slice(0, room.named)
      .flatMap((cause, at) => (at < room.detailed ? linesOfCause(cause, room.lines) : [titleLine(cause)])),
    ...(more === 0 ? [] : [{ kind: 'note', text: moreText(more) } as const]),
    ...(consequences === '' ? [] : [{ kind: 'note', text: consequences } as const]),
  ];
}

function moreText(count: number): string {
  return `and ${count} more cause${count === 1 ? '' : 's'}`;
}

function detailsOf({ kind, text, count, instances, example, stall }: Cause, lines: number): CauseLine[] {
  if (kind === 'error') return errorLines(text, lines);
  if (example === null) return [];
  const at = example.at_ms === null ? '' : ` after ${roundedDuration(example.at_ms)}`;
  const isShared = text.includes('…') && !example.reason.includes(text);
  const frames = shownFrames(example, lines);
  return [
    ...(stall === null ? [] : detail(snapshotLines(stall).slice(0, lines))),
    ...(count > 1
      ? detail([
          `${instances}; ${stall === null ? 'the first' : 'for example'}: ${instanceTag(example)}${at}`,
        ])
      : []),
    ...(isShared ? detail([`its error: ${example.reason.split('\n')[0]}`]) : []),
    ...(example.source === null ? [] : detail([`${example.source.place}: ${example.source.text}`])),
    ...quote(
      frames.some(isFrame) ? 'stack' : 'stderr',
      frames.map((line) => line.replace(/^\s+/, '  ')),
    ),
    ...quote('last output', example.last_lines.slice(-lines)),
  ];
}

/** What follows the first line of an error. */
function errorLines(text: string, lines: number): CauseLine[] {
  const rest = text.split('\n').slice(1);
  const left = rest.length - lines;
  return detail([...rest.slice(0, lines), ...(left > 0 ? [`and ${left} more lines`] : [])]);
}

function isFrame(line: string): boolean {
  return /^\s+(at |File "|\S+\.(go|rs):\d+)/.test(line);
}

/** The first line of an error or a stack. */
const begin =
  /^(\w*(Error|Exception)\b|panic: |fatal error: |FATAL ERROR: |goroutine \d+ \[|thread '.*'( \(\d+\))? panicked )/;

/** The lines of a stack to show: from its error on, or the end of what was printed on stderr. */
function shownFrames({ stack, reason }: CauseExample, lines: number): readonly string[] {
  // A traceback of Python ends with the error.
  const first = stack.some((line) => line.startsWith('Traceback '))
    ? -1
    : stack.findIndex((line) => begin.test(line));
  if (first === -1) return withoutTitle(stack.slice(-lines), reason);
  return withoutTitle(ownFrames(ofOneGoroutine(stack.slice(first))), reason).slice(0, lines);
}

/** The stack of the goroutine that crashed: with GOTRACEBACK=all, those of all others follow. */
function ofOneGoroutine(stack: readonly string[]): readonly string[] {
  const others = stack.flatMap((line, at) => (/^goroutine \d+ \[/.test(line) ? [at] : [])).slice(1);
  return stack.slice(0, others[0]);
}

/** A stack without its first line if that only repeats the error: `Error: no space`. */
function withoutTitle(stack: readonly string[], reason: string): readonly string[] {
  const [first = '', ...rest] = stack;
  return reason.includes(first.replace(/^\w*(Error|Exception)?( \[\w+\])?: /, '').trim()) ? rest : stack;
}

function detail(lines: readonly string[]): CauseLine[] {
  return lines.map((text) => ({ kind: 'detail', text }));
}

function quote(name: string, lines: readonly string[]): CauseLine[] {
  if (lines.length === 0) return [];
  return [{ kind: 'detail', text: `${name}:` }, ...lines.map((text): CauseLine => ({ kind: 'quote', text }))];
}
