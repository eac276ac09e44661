import type { JournalRecord } from '../history/events.ts';
import { msBetween } from '../os/clock.ts';
import { type MachineSummary, saturationText } from '../run/machine/machine-summary.ts';
import type { Machine } from './data.ts';

/**
 * The machine during a run, from its journal; null if it was not sampled.
 * @param groups the IDs of the groups, in order. @param began the start of the run, in ms since the epoch.
 */
export function machineIn(
  journal: readonly JournalRecord[],
  summary: MachineSummary | null,
  { groups, began }: { readonly groups: readonly string[]; readonly began: number },
): Machine | null {
  const samples = journal.flatMap((its) => (its.type === 'machine' ? [its] : []));
  const last = samples.at(-1);
  if (last === undefined) return null;
  const processorsOf = (group: string) =>
    samples.map((its) => its.groups.find(({ id }) => id === group)?.processors ?? null);
  const bytesOf = (group: string) =>
    samples.map((its) => its.groups.find(({ id }) => id === group)?.bytes ?? null);
  const measured = new Set(samples.flatMap((its) => its.groups.map(({ id }) => id)));
  return {
    cores: last.cores,
    from: samples.map(({ at, forMs }) => msBetween(began, at.getTime() - forMs)),
    to: samples.map(({ at }) => msBetween(began, at.getTime())),
    cpu: samples.map(({ cpu }) => cpu),
    steal: samples.map(({ steal }) => steal),
    memory: samples.map(({ memory }) => memory),
    load: samples.map(({ load }) => load),
    groups: groups.flatMap((id, group) =>
      measured.has(id) ? [{ group, processors: processorsOf(id), bytes: bytesOf(id) }] : [],
    ),
    warning: saturationText(summary) ?? null,
    reason: summary?.reason ?? null,
  };
}
