import { formatDuration } from '../../values/go-duration.ts';
import { instanceTag } from '../instance-id.ts';
import type { Standing } from './standing-record.ts';

/** That a run stands still, and where, in lines. */
export function stallLines({
  forMs,
  standing,
}: {
  readonly forMs: number;
  readonly standing: Standing;
}): string[] {
  return [`nothing has moved for ${roughly(forMs)}`, ...standingLines(standing).map((line) => `  ${line}`)];
}

/** Where a run stands, in lines: who waits for what, and who keeps them waiting. */
export function standingLines({ running, waits, more_waits, elsewhere, busy }: Standing): string[] {
  const told = new Set(waits.flatMap(({ absent }) => absent.map(instanceTag)));
  const others = busy.filter((one) => !told.has(instanceTag(one)));
  const elsewhereLines =
    others.length === 0
      ? []
      : [`not waiting at the sync service: ${elsewhere}`, ...others.map(describedLine)];
  const more = more_waits === 0 ? [] : [`and ${more_waits} more barriers and topics`];
  return [
    ...waits.flatMap(waitLines),
    ...more,
    ...elsewhereLines,
    ...(running === 0 ? ['no instance runs'] : []),
  ];
}

type Wait = Standing['waits'][number];

function waitLines({ kind, name, count, target, for_ms, waiting, missing, absent }: Wait): string[] {
  const since = `for ${roughly(for_ms)}`;
  if (kind === 'topic') return [`topic "${name}" (${count} messages): read by ${waiting}, ${since}`];
  const reached = target === null ? `${count} so far` : `${count} of ${target}`;
  return [
    `barrier "${name}" (${reached}): waited for by ${waiting}, ${since}`,
    missing === ''
      ? '  every instance has signalled it: there are not more of them'
      : `  not signalled by ${missing}`,
    ...absent.map((one) => `  ${describedLine(one)}`),
  ];
}

function describedLine(one: Standing['busy'][number]): string {
  return `  ${instanceTag(one)} ${one.words}`;
}

/** A time as a person reads it: tenths of seconds below a minute. */
export function roughly(ms: number): string {
  return Math.round(ms / 100) < 600
    ? `${(ms / 1_000).toFixed(1)}s`
    : formatDuration(Math.round(ms / 1_000) * 1_000);
}
