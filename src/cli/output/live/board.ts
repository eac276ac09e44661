import type { ChalkInstance } from 'chalk';
import cliTruncate from 'cli-truncate';
import isUnicodeSupported from 'is-unicode-supported';
import stringWidth from 'string-width';
import type { BarrierProgress, GroupProgress, Progress } from '../../../run/progress/progress.ts';
import { sanitizeTerminal } from '../../../util/sanitize-terminal.ts';
import { formatDuration } from '../../../values/go-duration.ts';
import type { Size } from './screen.ts';

/** The state of a run shown on the board. */
export interface Board {
  /** `plan:case` */
  readonly title: string;
  readonly elapsedMs: number;
  readonly timeoutMs: number | undefined;
  /** Undefined until it is known. */
  readonly progress: Progress | undefined;
  /** The last messages of instances, newest last. */
  readonly messages: readonly string[];
  /** Why the run is ending; undefined while it is not. */
  readonly ending: string | undefined;
}

/**
 * The maximum share of the terminal's height, and number of lines, of a board. tmux shrinks a terminal up to 250 ms
 * before it reports the new size: a board that fits into half of it is still drawn whole.
 */
const limits = { share: 0.5, lines: 16 } as const;
/** At most this number of last messages is shown. */
export const maxMessages = 2;
/** Cutting within a wide character leaves a line one column too long. */
export const wide = 2;
/** The maximum width to which names are padded, in characters. */
const maxName = 24;

const signs = isUnicodeSupported()
  ? { running: '▸', waiting: '◦', ok: '✓', failed: '✗', starting: '·', full: '█', empty: '░', between: ' · ' }
  : { running: '>', waiting: 'o', ok: '+', failed: 'x', starting: '.', full: '#', empty: '-', between: ', ' };

/** Renders a board as lines, each shorter than the terminal is wide. */
export function boardLines(board: Board, { columns, rows }: Size, chalk: ChalkInstance): string[] {
  const room = Math.max(1, Math.min(limits.lines, Math.floor(rows * limits.share)));
  const { groups, barriers } = sanitizedNames(board.progress);
  const messages = board.messages.slice(-Math.min(maxMessages, Math.max(0, room - 1 - groups.length)));
  const forGroups = Math.max(1, room - 1 - Math.min(barriers.length, 2));
  const shownGroups = fitting(groups, forGroups);
  const left = Math.max(0, room - 1 - shownGroups.length - messages.length);
  const names = widthOf([
    ...shownGroups.map(({ id }) => id),
    ...barriers.slice(0, left).map(({ state }) => state),
  ]);
  const more = groups.length - shownGroups.length;
  const lines = [
    headOf(board, chalk),
    ...shownGroups.map((group, place) => {
      const isLast = more > 0 && place === shownGroups.length - 1;
      return (
        groupLine(group, names, chalk) +
        (isLast ? chalk.dim(`   and ${more} more group${more === 1 ? '' : 's'}`) : '')
      );
    }),
    ...barriers.slice(0, left).map((barrier) => barrierLine(barrier, names, columns, chalk)),
    ...messages.map((message) => chalk.dim(message)),
  ];
  return lines.slice(0, room).map((line) => cliTruncate(` ${line}`, Math.max(1, columns - wide)));
}

/** Removes terminal control characters from names, which come from plans. */
function sanitizedNames(progress: Progress | undefined): Pick<Progress, 'groups' | 'barriers'> {
  const { groups = [], barriers = [] } = progress ?? {};
  return {
    groups: groups.map((group) => ({
      ...group,
      id: onOneLine(group.id),
      at: group.at === undefined ? undefined : onOneLine(group.at),
    })),
    barriers: barriers.map((barrier) => ({ ...barrier, state: onOneLine(barrier.state) })),
  };
}

/** A message as part of one line of the board. */
export function onOneLine(text: string): string {
  return sanitizeTerminal(text).replaceAll(/\s+/g, ' ');
}

/** Selects the groups to show; those with failures come first if not all fit. */
function fitting(groups: readonly GroupProgress[], room: number): readonly GroupProgress[] {
  if (groups.length <= room) return groups;
  return groups.toSorted((a, b) => b.failed - a.failed).slice(0, room);
}

function headOf({ title, elapsedMs, timeoutMs, progress, ending }: Board, chalk: ChalkInstance): string {
  const elapsed = timeText(elapsedMs);
  const time = timeoutMs === undefined ? elapsed : `${elapsed} of ${formatDuration(timeoutMs)}`;
  const { usage } = progress ?? {};
  const parts = [
    chalk.bold(onOneLine(title)),
    time,
    ...(usage === undefined ? [] : [`CPU ${Math.round(usage.processors * 100)} %`, bytesText(usage.bytes)]),
    ...(ending === undefined ? [] : [chalk.yellow(`ending: ${ending}`)]),
  ];
  return parts.join(signs.between);
}

function groupLine(group: GroupProgress, width: number, chalk: ChalkInstance): string {
  const { id, running, waiting, ok, failed, starting, at } = group;
  const where = at === undefined ? '' : ` at ${at}`;
  const counts = [
    [running, signs.running, 'running', chalk.cyan],
    [waiting, signs.waiting, `waiting${where}`, chalk.yellow],
    [ok, signs.ok, 'ok', chalk.green],
    [failed, signs.failed, 'failed', chalk.red],
    [starting, signs.starting, 'starting', chalk.dim],
  ] as const;
  const parts = counts.flatMap(([count, sign, name, paint]) =>
    count === 0 ? [] : [paint(`${sign} ${count} ${name}`)],
  );
  return `${padded(id, width)}  ${parts.join('  ')}`;
}

function barrierLine(
  { state, count, target, waiting, forMs }: BarrierProgress,
  width: number,
  columns: number,
  chalk: ChalkInstance,
): string {
  const text = `${target === undefined ? count : `${count}/${target}`}  ${waiting} wait, ${timeText(forMs)}`;
  const room = columns - width - stringWidth(text) - 8;
  if (target === undefined || room < 5) return `${padded(state, width)}  ${text}`;
  const length = Math.min(40, room);
  const full = Math.min(length, Math.floor((count / Math.max(1, target)) * length));
  const bar = chalk.green(signs.full.repeat(full)) + chalk.dim(signs.empty.repeat(length - full));
  return `${padded(state, width)}  ${bar}  ${text}`;
}

function widthOf(names: readonly string[]): number {
  return Math.min(maxName, Math.max(0, ...names.map((name) => stringWidth(name))));
}

function padded(name: string, width: number): string {
  const short = cliTruncate(name, width);
  return short + ' '.repeat(Math.max(0, width - stringWidth(short)));
}

/** Formats a duration as `0.7s` or `1m12s`, in one unit while it changes quickly. */
function timeText(ms: number): string {
  return ms < 60_000
    ? `${(Math.floor(ms / 100) / 10).toFixed(1)}s`
    : formatDuration(Math.floor(ms / 1_000) * 1_000);
}

/** Formats a number of bytes as `140 MB` or `1.4 GB`. */
export function bytesText(bytes: number): string {
  return bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
