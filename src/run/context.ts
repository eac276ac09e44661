import type { Mask } from '../outputs/mask.ts';
import type { InstanceId } from '../plan/instance-id.ts';
import type { RunSpec } from '../plan/run-spec.ts';
import type { Artifacts, Session } from '../runners/runner.ts';
import type { SyncStore } from '../sync/store.ts';
import type { Stop } from './events/ending.ts';
import type { Emit } from './events/events.ts';
import type { MetricForward } from './metrics/metric-forward.ts';
import type { Progress } from './progress/progress.ts';
import type { ObservationStore } from './verdict/observations.ts';

/** What carrying out a run needs. */
export interface RunContext {
  readonly spec: RunSpec;
  readonly artifacts: Artifacts;
  readonly runDir: string;
  readonly store: SyncStore;
  /** What `--env` adds to the environment of every instance. */
  readonly extraEnv: Readonly<Record<string, string>>;
  /** Stops the run gracefully; its reason is a Stop. */
  readonly stop: AbortSignal;
  /** Stops the run, unless it is stopping already. */
  readonly end: (stop: Stop) => void;
  /** The observations of each instance. */
  readonly facts: ObservationStore;
  /** The groups whose artifact depends on an SDK. */
  readonly dependsOnSdk: ReadonlySet<string>;
  /** Adds a listener for the run's events. */
  readonly listen: (listener: Emit) => void;
  /** Whether an instance is started by hand. */
  readonly isHeld: (instance: InstanceId) => boolean;
  /** Forwards metrics to an InfluxDB; undefined if none is configured. */
  readonly forward: MetricForward | undefined;
  /** Kills everything that is left of the run at once. */
  readonly kill: AbortSignal;
  /** The runner's session for this run. */
  readonly session: Session;
  /** Hides the values of secret parameters. */
  readonly mask: Mask;
  readonly emit: Emit;
  /** Whether to emit every line; otherwise only the lines that affect a verdict. */
  readonly everyLine: boolean;
  /** Resolves when the reader can take more; undefined if it can now. */
  readonly pace: () => Promise<void> | undefined;
  /** Called repeatedly with the run's progress; undefined if progress is not shown. */
  readonly onProgress: ((progress: Progress) => void) | undefined;
}

/** The reason of an aborted `stop` signal; undefined if it is not aborted. */
export function stopOf(signal: AbortSignal): Stop | undefined {
  return signal.aborted ? (signal.reason as Stop) : undefined;
}
