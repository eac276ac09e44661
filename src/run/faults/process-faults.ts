import type { Heal } from '../../faults/injector.ts';
import type { FaultKind } from '../../plan/fault/fault.ts';
import { instanceTag } from '../../plan/instance-id.ts';
import type { RunningInstance } from '../instance/instance-registry.ts';
import { graceMs } from '../stop.ts';

/** How many faults pause an instance now. */
export type Pauses = Map<RunningInstance, number>;

/** How each kind of fault is begun. @throws Error with why it cannot be. */
export const processFaults: Readonly<
  Record<FaultKind, (targets: readonly RunningInstance[], pauses: Pauses) => Heal | undefined>
> = {
  kill(targets) {
    checkStarted(targets);
    for (const { handle } of targets) handle.kill();
    return undefined;
  },
  stop(targets) {
    checkStarted(targets);
    for (const { handle } of targets) handle.stop({ graceMs: graceMs.canceled, dumpStacks: false });
    return undefined;
  },
  pause(targets, pauses) {
    const all = targets.map((its) => ({ its, suspension: suspensionOf(its) }));
    for (const { its, suspension } of all) {
      const before = pauses.get(its) ?? 0;
      pauses.set(its, before + 1);
      if (before === 0) suspension.pause();
    }
    return () => {
      for (const { its, suspension } of all) {
        const left = (pauses.get(its) ?? 1) - 1;
        pauses.set(its, left);
        if (left === 0) suspension.resume();
      }
    };
  },
};

/** What a person has started is not ended under their hands. */
function checkStarted(targets: readonly RunningInstance[]): void {
  const byHand = targets.find(({ handle }) => handle.ref.kind === 'manual');
  if (byHand !== undefined) throw new Error(`${instanceTag(byHand.instance)} is started by hand`);
}

function suspensionOf({ handle, instance }: RunningInstance) {
  if (handle.suspension === undefined) throw new Error(`${instanceTag(instance)} cannot be paused`);
  return handle.suspension;
}
