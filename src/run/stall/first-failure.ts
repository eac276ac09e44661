import type { RunSpec } from '../../plan/run-spec.ts';
import { instanceTag } from '../instance/instance-id.ts';
import { compareWithExpected } from '../verdict/expected.ts';
import type { ObservationStore } from '../verdict/observations.ts';
import type { InstanceOutcome } from '../verdict/outcome.ts';
import { isSdkExpected, judgeInstance } from '../verdict/verdict.ts';

/** What makes a run a failure, whatever becomes of the others. */
const failing: readonly InstanceOutcome[] = ['failed', 'crashed', 'never-started'];

/**
 * Who has made a run fail already, before all have ended, and how.
 * @param dependsOnSdk the groups whose artifact depends on an SDK.
 * @returns in words; undefined while it may still pass.
 */
export function firstFailure(
  spec: RunSpec,
  facts: ObservationStore,
  dependsOnSdk: ReadonlySet<string>,
): string | undefined {
  for (const group of spec.groups) {
    const { id, instances, expect } = group;
    // The same for all of a group, and as many looks as it has instances.
    let sdk: boolean | undefined;
    for (let index = 0; index < instances; index++) {
      const instance = { group: id, index };
      const seen = facts.of(instance);
      const isOver = seen.neverStarted !== undefined || seen.exited;
      // Of one that runs still, what it has said is the end of it only where it is to pass.
      const hasSaid = seen.failures + seen.crashes > 0 && (expect === 'success' || expect === 'running');
      if (!isOver && !hasSaid) continue;
      sdk ??= isSdkExpected(spec, group, facts, dependsOnSdk);
      const judged = judgeInstance(seen, sdk);
      const { outcome, reason } = compareWithExpected(expect, seen, judged);
      if (failing.includes(outcome)) return `${instanceTag(instance)} ${outcome}: ${reason}`;
    }
  }
  return undefined;
}
