import type { Heal } from '../../faults/injector.ts';
import type { ProcessKind } from '../../plan/fault/fault.ts';
import { instanceTag } from '../../plan/instance-id.ts';
import type { RunningInstance } from '../instance/instance-registry.ts';
import { graceMs } from '../stop.ts';

/** What is known about the instances of a run. */
export interface FaultContext {
  /** How many faults pause each instance now. */
  readonly pauses: Map<RunningInstance, number>;
  readonly isRunning: (its: RunningInstance) => boolean;
}

/** How each kind of fault is begun. @throws Error with why it cannot be. */
export const processFaults: Readonly<
  Record<ProcessKind, (targets: readonly RunningInstance[], context: FaultContext) => Heal | undefined>
> = {
  kill(targets) {
    checkStarted(targets);
    for (const { handle } of targets) {
      handle.kill();
      // What it has started elsewhere dies with it.
      handle.exited.then(() => handle.reap(true)).catch(() => {});
    }
    return undefined;
  },
  stop(targets) {
    checkStarted(targets);
    for (const { handle } of targets) handle.stop({ graceMs: graceMs.canceled, dumpStacks: false });
    return undefined;
  },
  restart(targets) {
    checkStarted(targets);
    const starts: (() => Promise<void>)[] = [];
    const startAll = async () => {
      await Promise.all(starts.map((start) => start()));
    };
    try {
      for (const { takeDown } of targets) starts.push(takeDown());
    } catch (error) {
      // One of them is down already: the others do not stay down for it.
      startAll().catch(() => {});
      throw error;
    }
    return startAll;
  },
  pause(targets, { pauses, isRunning }) {
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
        if (left === 0 && isRunning(its)) suspension.resume();
      }
    };
  },
};

/** @throws Error if a person has started one of them: it is not ended. */
function checkStarted(targets: readonly RunningInstance[]): void {
  const byHand = targets.find(({ handle }) => handle.ref.kind === 'manual');
  if (byHand !== undefined) throw new Error(`${instanceTag(byHand.instance)} is started by hand`);
}

function suspensionOf({ handle, instance }: RunningInstance) {
  if (handle.suspension === undefined) throw new Error(`${instanceTag(instance)} cannot be paused`);
  return handle.suspension;
}
