import { instanceTag } from '../../plan/instance-id.ts';
import { formatDuration } from '../../values/go-duration.ts';
import type { StallSnapshot } from './stall-record.ts';

/** Describes a stall, in lines. */
export function stallLines({
  forMs,
  snapshot,
}: {
  readonly forMs: number;
  readonly snapshot: StallSnapshot;
}): string[] {
  return [
    `no progress in the last ${roundedDuration(forMs)}`,
    ...snapshotLines(snapshot).map((line) => `  ${line}`),
  ];
}

/** Describes a stall snapshot, in lines: which instances wait for what, and which instances they wait for. */
export function snapshotLines({ running, waits, more_waits, elsewhere, busy }: StallSnapshot): string[] {
  const described = new Set(waits.flatMap(({ absent }) => absent.map(instanceTag)));
  const others = busy.filter((one) => !described.has(instanceTag(one)));
  const elsewhereLines =
    others.length === 0
      ? []
      : [`not waiting at the sync service: ${elsewhere}`, ...others.map(describedLine)];
  const more = more_waits === 0 ? [] : [`and ${more_waits} more barriers and topics`];
  return [
    ...waits.flatMap(waitLines),
    ...more,
    ...elsewhereLines,
    ...(running === 0 ? ['no instance is running'] : []),
  ];
}

type Wait = StallSnapshot['waits'][number];

/** What most instances wait for, in one line; undefined if none waits. */
export function mainWait({ waits: [first] }: StallSnapshot): string | undefined {
  if (first === undefined) return undefined;
  const { kind, missing } = first;
  if (kind === 'topic') return `${placeOf(first)}, read by ${first.waiting}`;
  return `${placeOf(first)}, ${missing === '' ? 'signalled by every instance' : `not signalled by ${missing}`}`;
}

/** `barrier "ready" (49 of 50)`, `topic "config" (0 messages)`. */
function placeOf({ kind, name, count, target }: Wait): string {
  if (kind === 'topic') return `topic "${name}" (${count} messages)`;
  return `barrier "${name}" (${target === null ? `${count} so far` : `${count} of ${target}`})`;
}

function waitLines(wait: Wait): string[] {
  const { kind, for_ms, waiting, missing, absent } = wait;
  const since = `for ${roundedDuration(for_ms)}`;
  if (kind === 'topic') return [`${placeOf(wait)}: read by ${waiting}, ${since}`];
  return [
    `${placeOf(wait)}: waited for by ${waiting}, ${since}`,
    missing === ''
      ? '  every instance has signalled it: no instance is missing'
      : `  not signalled by ${missing}`,
    ...absent.map((one) => `  ${describedLine(one)}`),
  ];
}

function describedLine(one: StallSnapshot['busy'][number]): string {
  return `  ${instanceTag(one)} ${one.text}`;
}

/** Formats a duration for people: in tenths of a second below a minute. */
export function roundedDuration(ms: number): string {
  return Math.round(ms / 100) < 600
    ? `${(ms / 1_000).toFixed(1)}s`
    : formatDuration(Math.round(ms / 1_000) * 1_000);
}
