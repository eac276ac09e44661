import { nowMs } from '../../os/clock.ts';
import type { Artifact } from '../../plan/artifact.ts';
import { TgError } from '../../util/errors.ts';
import type { RunContext } from '../context.ts';
import { stopOf } from '../context.ts';
import { EventCollector } from '../events/event-collector.ts';
import type { Emit } from '../events/events.ts';
import { withTextReason } from '../stop.ts';
import { conclude, type EndedRun } from '../verdict/conclude.ts';
import type { Build } from './build-groups.ts';

/**
 * Builds what a run needs, and prepares its runner, within the run's timeout.
 * @param stopping the signal that stops the run.
 * @returns undefined if the timeout expired first.
 * @throws TgError if the build fails or is canceled.
 */
export async function builtInTime(
  build: Build,
  stopping: AbortSignal,
): Promise<Awaited<ReturnType<Build>> | undefined> {
  try {
    return await build(withTextReason(stopping));
  } catch (error) {
    const isLate = stopOf(stopping)?.ending === 'timeout';
    // A build that failed by itself, and a newer run, are reported as such even after the timeout.
    if (isLate && error instanceof TgError && !['build', 'superseded'].includes(error.kind)) return undefined;
    throw error;
  }
}

interface Unbuilt extends Pick<RunContext, 'spec' | 'runDir' | 'mask' | 'kill' | 'extraEnv' | 'emit'> {
  readonly sideBySide: () => number;
  readonly doubts: readonly string[];
  readonly warn: (text: string) => void;
}

/** Concludes a run whose timeout expired during the build: records that no instance was started. */
export async function concludeUnbuilt(run: Unbuilt, started: Date, stopping: AbortSignal): Promise<EndedRun> {
  const stop = stopOf(stopping);
  const collector = new EventCollector();
  const emit: Emit = (event) => {
    collector.onEvent(event);
    run.emit(event);
  };
  const reason = `not started: ${stop?.why} while the plan was being built`;
  if (stop !== undefined) {
    emit({ type: 'stopping', stop });
    for (const { id, instances } of run.spec.groups) {
      for (let index = 0; index < instances; index++)
        emit({ type: 'instance-not-started', instance: { group: id, index }, reason, ending: stop.ending });
    }
  }
  const nothing = { artifacts: new Map<string, Artifact>(), dependsOnSdk: new Set<string>() };
  const kept = await conclude({ ...run, ...nothing, collector, started, ended: new Date(nowMs()), stop });
  run.emit({ type: 'run-ended', result: kept.result });
  return kept;
}
