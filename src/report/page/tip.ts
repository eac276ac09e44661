import { duration } from './format.ts';
import { report, tagOf, tookMs } from './state.ts';
import { settingsText } from './timeline/networks.ts';
import { type Row, runningAt } from './timeline/rows.ts';

/** The maximum number of characters of a line in the tooltip. */
const maxCharacters = 200;

/** Describes an instance at a time, in lines. @param near the distance in ms at which a message counts. */
export function tipAt(row: Row, ms: number, near: number): readonly string[] {
  const { instance, stages, waits, networks, faults, marks, fold } = row;
  const { instances, groups, barriers, states, log } = report.value;
  if (fold !== undefined) {
    const count = `${runningAt(fold, ms)} of ${fold.instances.length} run at ${duration(ms)}`;
    return [`${groups[fold.group]?.id ?? '?'}: ${count}`, 'click to unfold'];
  }
  const its = instances[instance];
  if (its === undefined) return [];
  const isAt = ({ from, to }: { readonly from: number; readonly to: number | null }) =>
    from <= ms && ms <= (to ?? tookMs.value);
  const stage = stages.filter(isAt).map(({ name, from, to }) => `stage ${name}: ${lengthOf(from, to)}`);
  const wait = waits.filter(isAt).map(({ barrier, from, to, passed }) => {
    const { state = -1, target = null } = barriers[barrier] ?? {};
    const message = `waits at ${states[state]?.name ?? '?'}${target === null ? '' : ` (${target})`}: ${lengthOf(from, to)}`;
    // Instances that poll only report that they have stopped, not why.
    return passed || to === null || target === null ? message : `${message}, not reached`;
  });
  const network = networks.filter(isAt).flatMap((span) => {
    const took = span.tookMs === null ? '' : `, applied within ${duration(span.tookMs)}`;
    const since = `: ${lengthOf(span.from, span.to)}${took}`;
    const text = `network: ${settingsText(span) || 'plain'}`.slice(0, maxCharacters);
    return [text + since, ...span.notApplied.map((each) => `not applied: ${each}`.slice(0, maxCharacters))];
  });
  const fault = faults
    .filter(({ from, to }) => from - near <= ms && ms <= (to ?? tookMs.value) + near)
    .map(({ text }) => `fault: ${text}`.slice(0, maxCharacters));
  const said = marks
    .filter(({ at }) => Math.abs(at - ms) <= near)
    .slice(0, 3)
    .map(({ line }) => (log.text[line] ?? '').slice(0, maxCharacters));
  const text = its.reason === '' ? its.outcome : `${its.outcome}: ${its.reason.slice(0, maxCharacters)}`;
  const { from, ready } = its;
  const isStarting = from !== null && ready !== null && from <= ms && ms < ready;
  const start = isStarting ? [`start-up: ${duration(ready - from)} until its first event or operation`] : [];
  return [
    `${tagOf(instance)} at ${duration(ms)}`,
    text,
    ...start,
    ...stage,
    ...wait,
    ...network,
    ...fault,
    ...said,
  ];
}

function lengthOf(from: number, to: number | null): string {
  return to === null ? `since ${duration(from)}` : duration(to - from);
}
