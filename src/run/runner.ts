import type { Artifact } from '../builders/builder.ts';
import type { Mask } from '../outputs/mask.ts';
import type { RunSpec } from '../plan/run-spec.ts';
import type { SyncStore } from '../sync/store.ts';
import type { Emit, Stop } from './events/events.ts';
import type { InstanceId } from './instance/instance-id.ts';
import type { Launcher } from './launch/launcher.ts';
import type { MetricForward } from './metric-forward.ts';
import type { Progress } from './progress.ts';
import type { ObservationStore } from './verdict/observations.ts';
import type { Watchdog } from './watchdog.ts';

/** What a runner needs to run a run. */
export interface RunContext {
  readonly spec: RunSpec;
  /** The artifact of each group, by its ID. */
  readonly artifacts: ReadonlyMap<string, Artifact>;
  readonly runDir: string;
  readonly store: SyncStore;
  /** What `--env` adds to the environment of every instance. */
  readonly extraEnv: Readonly<Record<string, string>>;
  readonly callerEnv: NodeJS.ProcessEnv;
  /** Ends the run in order; its reason is a Stop. */
  readonly stop: AbortSignal;
  /** Ends it, unless it is to end already. */
  readonly end: (stop: Stop) => void;
  /** What is known about each instance. */
  readonly facts: ObservationStore;
  /** The groups whose artifact depends on an SDK. */
  readonly dependsOnSdk: ReadonlySet<string>;
  /** Is to be told what happens, too. */
  readonly listen: (listener: Emit) => void;
  /** Whether somebody starts an instance by hand. */
  readonly isHeld: (instance: InstanceId) => boolean;
  /** Gets the metrics too, if somebody does. */
  readonly forward: MetricForward | undefined;
  /** Ends what is left of it at once. */
  readonly kill: AbortSignal;
  readonly watchdog: Watchdog;
  /** Starts the instances' processes. */
  readonly launcher: Launcher;
  /** Hides the values of secret parameters. */
  readonly mask: Mask;
  readonly emit: Emit;
  /** Whether somebody wants every line; otherwise only those are told that say how an instance fares. */
  readonly everyLine: boolean;
  /** Resolves when whoever shows the output can take more; undefined when it can now. */
  readonly pace: () => Promise<void> | undefined;
  /** Is told again and again how the run stands, where somebody looks. */
  readonly onProgress: ((progress: Progress) => void) | undefined;
}

/** Turns a RunSpec and artifacts into instances, and sees them to their end. */
export interface Runner {
  readonly id: string;
  /**
   * Looks at the machine before the run begins.
   * @returns the run: resolves when every instance has ended and nothing of them is left. What happened was emitted.
   * @throws TgError (environment) where this machine lacks what a run of these artifacts needs.
   */
  prepare(
    around: Pick<RunContext, 'spec' | 'artifacts' | 'extraEnv' | 'callerEnv'>,
  ): Promise<(context: RunContext) => Promise<void>>;
}

/** The reason with which a `stop` signal was aborted. */
export function stopOf(signal: AbortSignal): Stop | undefined {
  return signal.aborted ? (signal.reason as Stop) : undefined;
}
