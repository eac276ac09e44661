import type { RunSpec } from '../plan/run-spec.ts';
import { compareWithExpected } from './expected.ts';
import type { FactBook } from './facts.ts';
import { instanceTag } from './instance-id.ts';
import type { InstanceOutcome } from './result.ts';
import type { Roster } from './roster.ts';
import { judgeInstance } from './verdict.ts';

/** What makes a run a failure, whatever becomes of the others. */
const failing: readonly InstanceOutcome[] = ['failed', 'crashed', 'never-started'];

/**
 * Who has made a run fail already, before all have ended, and how.
 * @param dependsOnSdk the groups whose artifact depends on an SDK.
 * @returns in words; undefined while it may still pass.
 */
export function firstFailure(
  spec: RunSpec,
  facts: FactBook,
  dependsOnSdk: ReadonlySet<string>,
  roster: Roster,
): string | undefined {
  for (const { id, instances, expect } of spec.groups) {
    for (let index = 0; index < instances; index++) {
      const instance = { group: id, index };
      const seen = facts.of(instance);
      const one = roster.find(instance);
      const isOver = seen.neverStarted !== undefined || (one !== undefined && !roster.running.has(one));
      if (!isOver && seen.failures + seen.crashes === 0) continue;
      const judged = judgeInstance(seen, dependsOnSdk.has(id) || seen.sdkSeen);
      const { outcome, reason } = compareWithExpected(expect, seen, judged);
      if (failing.includes(outcome)) return `${instanceTag(instance)} ${outcome}: ${reason}`;
    }
  }
  return undefined;
}
