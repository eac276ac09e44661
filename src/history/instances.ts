import { type InstanceId, instancesOfGroups } from '../plan/instance-id.ts';
import { TgError } from '../util/errors.ts';
import type { RunRecord } from './record.ts';

/**
 * Selects instances of a run: `group[3]`, a whole group, or an index, which selects one instance of every group.
 * @param asked the selectors; empty for all instances.
 * @throws TgError (usage) if a selector matches none.
 */
export function instancesOf({ groups }: Pick<RunRecord, 'groups'>, asked: readonly string[]): InstanceId[] {
  const all = instancesOfGroups(groups);
  if (asked.length === 0) return all;
  const named = byName(all);
  const wanted = [...new Set(asked)].flatMap((pattern) => {
    const found = named.get(pattern.replace(/\[0+(\d+\])$/, '[$1'));
    if (found !== undefined) return found;
    throw new TgError('usage', `the run has no instance "${pattern}"`, {
      hint: `Its groups: ${groups.map(({ id, instances }) => `${id} (${instances})`).join(', ')}. Write group[0], group, or 0.`,
    });
  });
  const chosen = new Set(wanted);
  return all.filter((instance) => chosen.has(instance));
}

/** Indexes instances by all their names, so that each selector needs one look-up. */
function byName(all: readonly InstanceId[]): ReadonlyMap<string, readonly InstanceId[]> {
  const named = new Map<string, InstanceId[]>();
  for (const instance of all) {
    const { group, index } = instance;
    for (const name of new Set([`${group}[${index}]`, group, String(index)])) {
      const known = named.get(name) ?? [];
      named.set(name, known);
      known.push(instance);
    }
  }
  return named;
}

/** Selects one instance of a run. @throws TgError (usage) if the selector matches none, or several. */
export function oneInstance(record: Pick<RunRecord, 'groups'>, asked: string): InstanceId {
  const [instance, ...others] = instancesOf(record, [asked]);
  if (instance !== undefined && others.length === 0) return instance;
  throw new TgError('usage', `"${asked}" is ${others.length + 1} instances of the run`, {
    hint: 'Name one, as in group[0].',
  });
}
