import type { RunSpec } from '../plan/run-spec.ts';

/** The groups for whose end a run does not wait, because they are expected to keep running; none if all are. */
export function stayingGroups({ groups }: Pick<RunSpec, 'groups'>): ReadonlySet<string> {
  const staying = new Set(groups.filter(({ expect }) => expect === 'running').map(({ id }) => id));
  return staying.size === groups.length ? new Set() : staying;
}
