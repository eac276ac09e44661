import { instanceTag } from '../../plan/instance-id.ts';
import type { RunSpec } from '../../plan/run-spec.ts';
import { compareWithExpected } from '../verdict/expected.ts';
import { judgeInstance } from '../verdict/judge-instance.ts';
import { isSdkExpected } from '../verdict/judge-run.ts';
import type { ObservationStore } from '../verdict/observations.ts';
import type { InstanceOutcome } from '../verdict/outcomes.ts';

/** The outcomes that make a run fail, whatever the other instances do. */
const failing: readonly InstanceOutcome[] = ['failed', 'crashed', 'never-started'];

/**
 * Finds the instance that has made a run fail, the first in time, before all instances have ended.
 * @param dependsOnSdk the groups whose artifact depends on an SDK.
 * @returns the instance and its failure, as text; undefined while the run may still pass.
 */
export function firstFailure(
  spec: RunSpec,
  facts: ObservationStore,
  dependsOnSdk: ReadonlySet<string>,
): string | undefined {
  let first: { readonly atMs: number; readonly text: string } | undefined;
  for (const group of spec.groups) {
    const { id, instances, expect } = group;
    // The result is the same for the whole group, and computing it visits every instance.
    let sdk: boolean | undefined;
    for (let index = 0; index < instances; index++) {
      const instance = { group: id, index };
      const seen = facts.of(instance);
      const isOver = seen.neverStarted !== undefined || seen.exited;
      // A reported failure of a running instance is final only if it is expected to pass or to keep running.
      const hasSaid = seen.failures + seen.crashes > 0 && (expect === 'success' || expect === 'running');
      if (!isOver && !hasSaid) continue;
      sdk ??= isSdkExpected(spec, group, facts, dependsOnSdk);
      const judged = judgeInstance(seen, sdk);
      const { outcome, reason } = compareWithExpected(expect, seen, judged);
      const atMs = seen.failedAtMs ?? 0;
      if (!failing.includes(outcome) || (first !== undefined && first.atMs <= atMs)) continue;
      first = { atMs, text: `${instanceTag(instance)} ${outcome}: ${reason}` };
    }
  }
  return first?.text;
}
