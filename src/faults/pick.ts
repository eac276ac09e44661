import type { FaultTarget } from '../plan/fault/fault.ts';
import { type InstanceId, instanceTag } from '../plan/instance-id.ts';
import { drawn } from './chance.ts';

/** Those of whom some are picked. */
export interface Candidates {
  /** The set that the target names. */
  readonly members: readonly InstanceId[];
  readonly isRunning: (instance: InstanceId) => boolean;
}

/**
 * Picks the instances that a fault hits. A share is one of the whole set, and is taken from those that still run. Each
 * instance has a rank by chance, so that one which has ended changes nothing for the others.
 * @param words tell this draw from others of the same seed.
 * @returns why there are not enough, as text, if that is so.
 */
export function pickInstances(
  { pick }: FaultTarget,
  { members, isRunning }: Candidates,
  seed: string,
  ...words: readonly (string | number)[]
): readonly InstanceId[] | string {
  const running = members.filter(isRunning);
  const wanted = pick === 'all' ? running.length : sizeOf(pick, members.length);
  if (members.length === 0) return 'there is no such instance';
  if (running.length === 0) return 'no such instance is running';
  if (wanted === 0) return `${members.length} have no ${pick}`;
  if (running.length < wanted) return `only ${running.length} of ${wanted} are running`;
  if (pick === 'all') return running;
  const chosen = new Set(rankedBy(running, seed, ...words).slice(0, wanted));
  return running.filter((its) => chosen.has(its));
}

/** Instances in an order by chance. */
export function rankedBy(
  instances: readonly InstanceId[],
  seed: string,
  ...words: readonly (string | number)[]
): readonly InstanceId[] {
  const rank = new Map(instances.map((its) => [its, drawn(seed, ...words, instanceTag(its))] as const));
  return instances.toSorted((a, b) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0));
}

function sizeOf(pick: Exclude<FaultTarget['pick'], 'all'>, all: number): number {
  switch (pick) {
    case 'one':
      return 1;
    case 'half':
      return Math.floor(all / 2);
    case 'minority':
      return Math.floor((all - 1) / 2);
    case 'majority':
      return Math.floor(all / 2) + 1;
    default:
      return pick;
  }
}
