import type { Row } from './rows.ts';
import { report, tagOf, tookMs } from './state.ts';
import { duration } from './words.ts';

/** More of a line is not shown beside the pointer. */
const mostCharacters = 200;

/** What there is of an instance at a moment, in lines. @param near so many ms before and after it a message counts. */
export function tipAt({ instance, stages, waits, marks }: Row, ms: number, near: number): readonly string[] {
  const { instances, barriers, states, log } = report.value;
  const its = instances[instance];
  if (its === undefined) return [];
  const isAt = ({ from, to }: { readonly from: number; readonly to: number | null }) =>
    from <= ms && ms <= (to ?? tookMs.value);
  const stage = stages.filter(isAt).map(({ name, from, to }) => `stage ${name}: ${lengthOf(from, to)}`);
  const wait = waits.filter(isAt).map(({ barrier, from, to, passed }) => {
    const { state = -1, target = null } = barriers[barrier] ?? {};
    const words = `waits at ${states[state]?.name ?? '?'}${target === null ? '' : ` (${target})`}: ${lengthOf(from, to)}`;
    // Who polls says only that it asks no more: why, nobody knows.
    return passed || to === null || target === null ? words : `${words}, in vain`;
  });
  const said = marks
    .filter(({ at }) => Math.abs(at - ms) <= near)
    .slice(0, 3)
    .map(({ line }) => (log.text[line] ?? '').slice(0, mostCharacters));
  const words = its.reason === '' ? its.outcome : `${its.outcome}: ${its.reason.slice(0, mostCharacters)}`;
  return [`${tagOf(instance)} at ${duration(ms)}`, words, ...stage, ...wait, ...said];
}

function lengthOf(from: number, to: number | null): string {
  return to === null ? `since ${duration(from)}` : duration(to - from);
}
