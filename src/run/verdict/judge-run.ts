import type { GroupSpec, PlanRef } from '../../plan/run-spec.ts';
import { compareWithExpected } from './expected.ts';
import { judgeInstance } from './judge-instance.ts';
import type { ObservationStore } from './observations.ts';
import { type InstanceOutcome, type Outcome, runOutcomes, worstOutcome } from './outcomes.ts';
import type { GroupVerdict, InstanceVerdict } from './result.ts';

/** The verdict on a run, from the observations alone. It is never more lenient than they allow. */
export interface Verdicts {
  readonly outcome: Outcome;
  readonly counts: GroupVerdict['counts'];
  readonly groups: readonly GroupVerdict[];
}

/** The parts of a run that a verdict depends on. */
interface JudgedRun {
  readonly plan: Pick<PlanRef, 'sdk'>;
  readonly groups: readonly Pick<GroupSpec, 'id' | 'instances' | 'expect'>[];
}

/**
 * Judges every instance, every group and the run.
 * @param dependsOnSdk the groups whose artifact depends on an SDK.
 * @param refused whether tg stopped the run because of a request or of its output; the run then fails, whatever its
 *   instances' outcomes.
 */
export function judgeRun(
  spec: JudgedRun,
  facts: ObservationStore,
  dependsOnSdk: ReadonlySet<string>,
  refused = false,
): Verdicts {
  const groups = spec.groups.map((group): GroupVerdict => {
    const { id, instances, expect } = group;
    const all = Array.from({ length: instances }, (_, index) => facts.of({ group: id, index }));
    const sdk = isSdkExpected(spec, group, facts, dependsOnSdk);
    const verdicts = all.map((seen): InstanceVerdict => {
      const verdict = compareWithExpected(expect, seen, judgeInstance(seen, sdk));
      return { ...seen.instance, ...verdict };
    });
    const counts = countOutcomes(verdicts);
    return { id, outcome: outcomeOf(counts), expect, total: instances, counts, instances: verdicts };
  });
  const counts = countOutcomes(groups.flatMap((group) => group.instances));
  return { outcome: refused ? 'failure' : outcomeOf(counts), counts, groups };
}

/**
 * Whether instances of a group must report success through an SDK. They must once any instance of the group uses
 * one: all instances of a plan report in the same way.
 */
export function isSdkExpected(
  { plan }: Pick<JudgedRun, 'plan'>,
  { id: group, instances }: Pick<GroupSpec, 'id' | 'instances'>,
  facts: ObservationStore,
  dependsOnSdk: ReadonlySet<string>,
): boolean {
  if (plan.sdk !== undefined) return plan.sdk;
  if (dependsOnSdk.has(group)) return true;
  for (let index = 0; index < instances; index++) if (facts.of({ group, index }).sdkSeen) return true;
  return false;
}

function countOutcomes(verdicts: readonly InstanceVerdict[]): GroupVerdict['counts'] {
  const counts: Partial<Record<InstanceOutcome, number>> = {};
  for (const { outcome } of verdicts) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

function outcomeOf(counts: GroupVerdict['counts']): Outcome {
  return worstOutcome((Object.keys(counts) as InstanceOutcome[]).map((outcome) => runOutcomes[outcome]));
}
