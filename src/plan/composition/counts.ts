import { allOf, TgError } from '../../util/errors.ts';
import type { Group } from './schema.ts';

interface Member {
  readonly id: string;
  readonly where: string;
  readonly instances: Group['instances'];
}

/**
 * Computes the number of instances of each group of a run.
 * @param total the number of all instances; 0 for the sum of the groups.
 * @throws TgError (usage) for a percentage without a total, and for a sum that differs from the total.
 */
export function countsOf(
  members: readonly Member[],
  { total, where }: { readonly total: number; readonly where: string },
): number[] {
  const counts = allOf(members.map((member) => () => countOf(member, total)));
  const sum = counts.reduce((all, count) => all + count, 0);
  if (total === 0 || sum === total) return counts;
  throw new TgError('usage', `the groups have ${sum} instances together, not ${total}`, {
    where,
    hint: members.map(({ id }, index) => `${id}: ${counts[index]}`).join(', '),
  });
}

/**
 * Computes the same for a total that a matrix varies: a single group has all instances, whatever its own count.
 * @throws TgError (usage) as `countsOf`, and if no group has a percentage.
 */
export function countsForTotal(
  members: readonly Member[],
  { total, where }: { readonly total: number; readonly where: string },
): number[] {
  if (members.length === 1) return [total];
  if (members.some(({ instances }) => instances.percentage)) return countsOf(members, { total, where });
  throw new TgError('usage', 'the groups have fixed numbers of instances', {
    where,
    hint: `Give at least one of them a percentage: ${members.map(({ id }) => id).join(', ')}.`,
  });
}

function countOf({ where, instances: { count, percentage } }: Member, total: number): number {
  if (count === undefined && percentage === undefined) {
    throw new TgError('usage', 'the number of instances is missing', {
      where,
      hint: 'Give a count, or a percentage.',
    });
  }
  if (!percentage) return count ?? 0;
  if (total > 0) return Math.round(percentage * total);
  throw new TgError('usage', `the percentage ${percentage} needs total_instances`, {
    where,
    hint: 'Set total_instances below [global], or give this group a count.',
  });
}
