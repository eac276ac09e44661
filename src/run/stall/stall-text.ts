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

function waitLines({ kind, name, count, target, for_ms, waiting, missing, absent }: Wait): string[] {
  const since = `for ${roundedDuration(for_ms)}`;
  if (kind === 'topic') return [`topic "${name}" (${count} messages): read by ${waiting}, ${since}`];
  const reached = target === null ? `${count} so far` : `${count} of ${target}`;
  return [
    `barrier "${name}" (${reached}): waited for by ${waiting}, ${since}`,
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
