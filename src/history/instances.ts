import { TgError } from '../errors.ts';
import type { InstanceId } from '../run/instance-id.ts';
import type { RunRecord } from './record.ts';

/**
 * The instances of a run that somebody means: `group[3]`, a whole group, or a number, for that one of every group.
 * @param asked empty for all of them.
 * @throws TgError (usage) for what names none.
 */
export function instancesOf({ groups }: Pick<RunRecord, 'groups'>, asked: readonly string[]): InstanceId[] {
  const all = groups.flatMap(({ id, instances }) =>
    Array.from({ length: instances }, (_, index) => ({ group: id, index })),
  );
  if (asked.length === 0) return all;
  const wanted = asked.map((pattern) => {
    const found = all.filter((instance) => isMeant(instance, pattern));
    if (found.length > 0) return found;
    throw new TgError('usage', `the run has no instance "${pattern}"`, {
      hint: `Its groups: ${groups.map(({ id, instances }) => `${id} (${instances})`).join(', ')}. Write group[0], group, or 0.`,
    });
  });
  return all.filter((instance) => wanted.some((found) => found.includes(instance)));
}

function isMeant(instance: InstanceId, pattern: string): boolean {
  const [, group, index] = /^(.*)\[0*(\d+)\]$/.exec(pattern) ?? [];
  if (group !== undefined) return instance.group === group && instance.index === Number(index);
  return pattern === instance.group || pattern === String(instance.index);
}
