import type { SyncChoice } from '../sync/open.ts';
import type { FaultSpec } from './fault/fault.ts';
import type { Threshold } from './threshold.ts';

/** Parameters by name, as passed to an instance. */
export type Params = Readonly<Record<string, string>>;

/** The build of a group. */
export interface BuildSpec {
  /** The ID of a builder, such as `exec:go`. */
  readonly builder: string;
  readonly config: Readonly<Record<string, string>>;
  /** Build tags in Go, features in Rust. */
  readonly selectors: readonly string[];
  readonly dependencies: readonly Dependency[];
  /** The absolute path of an SDK to build with instead of the published one. */
  readonly linkSdk: string | undefined;
  /** Whether the program writes its code coverage when it ends. */
  readonly coverage: boolean;
}

/** A replaced dependency, from `--dep module=target@version`. */
export interface Dependency {
  readonly module: string;
  /** The replacement: another module, or the absolute path of a folder; undefined for the module itself. */
  readonly target: string | undefined;
  /** Undefined for a folder. */
  readonly version: string | undefined;
}

/**
 * The sidecar that answers a plan's network requests: none, one that applies nothing and reports it, or one that
 * applies them.
 */
export type SidecarMode = 'none' | 'noop' | 'apply';

/** What happens to a run whose network is not shaped as an instance asks: it is reported, or the run fails. */
export type UnappliedPolicy = 'report' | 'fail';

/** The resources that an instance may use, as a composition states them. */
export interface Resources {
  readonly memory?: string | undefined;
  readonly cpu?: string | undefined;
}

/** The expected final states of a group's instances. */
export const expectations = ['success', 'failure', 'crash', 'killed', 'running'] as const;

/**
 * The final state that a group's instances must have. `failure`: reports a failure or exits with a status other
 * than 0. `crash`: crashes or is ended by a signal. `killed`: is ended by a signal. `running`: still runs when all
 * others have ended.
 */
export type Expectation = (typeof expectations)[number];

/** The sources of values, by name. */
export type Origins = Readonly<Record<string, string>>;

/** One group of a run: instances of one artifact with the same parameters. */
export interface GroupSpec {
  readonly id: string;
  /** The group of the composition that it is built and configured as. */
  readonly of: string;
  readonly role: string;
  /** The requested builder if another one replaces it: `docker:go`. */
  readonly askedBuilder?: string | undefined;
  readonly instances: number;
  readonly build: BuildSpec;
  /** The artifact key of an earlier build; undefined to build. */
  readonly artifact: string | undefined;
  readonly sidecar: SidecarMode;
  /** Undefined for no limits. */
  readonly resources?: Resources | undefined;
  readonly params: Params;
  /** The names of the secret parameters. */
  readonly secrets: readonly string[];
  readonly profiles: Params;
  readonly expect: Expectation;
  /** The sources of the values above. */
  readonly origins: {
    readonly instances: string;
    readonly builder: string;
    readonly buildConfig: Origins;
    readonly params: Origins;
    readonly profiles: Origins;
  };
}

/** The data of a plan that a run needs. */
export interface PlanRef {
  readonly name: string;
  readonly dir: string;
  /** Whether the manifest declares that the plan reports through an SDK. */
  readonly sdk: boolean | undefined;
}

/** The builds of a run, or of a build command. */
export interface BuildsSpec {
  readonly plan: PlanRef;
  /** The test case of a run: a plan may have a program for each. */
  readonly testCase?: string;
  readonly groups: readonly (Pick<GroupSpec, 'id' | 'of' | 'askedBuilder' | 'build' | 'artifact'> & {
    readonly origins: Pick<GroupSpec['origins'], 'builder' | 'buildConfig'>;
  })[];
  /** Notes on replacements and on configuration that does not apply, reported before the run. */
  readonly notes: readonly string[];
}

/** The configuration of a runner, as JSON data. */
export type RunnerValues = Readonly<Record<string, unknown>>;

/** The configuration of a run, with all defaults resolved. */
export interface RunConfig {
  /** The timeout of the run in ms; undefined for none. */
  readonly timeoutMs: number | undefined;
  /** After how many ms without progress a stall is reported; 0 for never. */
  readonly stallAfterMs: number;
  /** The maximum number of bytes that instances may write before the run is ended; undefined for no limit. */
  readonly maxOutput: number | undefined;
  readonly sync: SyncChoice;
  /** Undefined for the default of each group. */
  readonly sidecar: SidecarMode | undefined;
  /** What happens if the network is not shaped as an instance asks. */
  readonly unapplied: UnappliedPolicy;
  /** The URL of an InfluxDB that also receives the metrics; may hold a password. */
  readonly influxdb: string | undefined;
  /** The URL of an OpenTelemetry collector that receives the run as a trace; may hold a token. */
  readonly otlp: string | undefined;
  /** The runner's own configuration, which it has read itself. */
  readonly runner: RunnerValues;
}

/** The place of a run among those that one command started together. */
export interface SeriesPlace {
  /** The ID of the series. */
  readonly id: string;
  /** The round, from 1. */
  readonly round: number;
}

/** A run as data, with all defaults resolved. */
export interface RunSpec extends BuildsSpec {
  readonly runId: string;
  /** Its name in the composition; `default` outside a composition. */
  readonly name: string;
  /** The run of the composition that it is: its name without the suffix of a matrix. */
  readonly of: string;
  /** The values that a matrix gave it, by name. */
  readonly point: Params;
  /** Texts by which it can be found. */
  readonly labels: readonly string[];
  /** Undefined for a run on its own. */
  readonly series: SeriesPlace | undefined;
  readonly testCase: string;
  readonly runner: string;
  /** The requested runner if another one replaces it: `local:docker`. */
  readonly askedRunner: string | undefined;
  readonly groups: readonly GroupSpec[];
  readonly totalInstances: number;
  /** The seed from which each instance's seed is derived: a decimal number. */
  readonly seed: string;
  readonly config: RunConfig;
  /** The sources of the run configuration. */
  readonly configOrigins: Origins;
  /** Why the run is refused here, if it is; the run is recorded nevertheless. */
  readonly refused: string | undefined;
  readonly disableMetrics: boolean;
  /** The units of metrics that the manifest declares, by the name of the metric. */
  readonly metricUnits: Readonly<Record<string, string>>;
  /** The thresholds for its metrics. */
  readonly thresholds: readonly Threshold[];
  /** The faults that it injects. */
  readonly faults: readonly FaultSpec[];
  /** Files in the outputs of instances that are attached to the run: patterns of paths, with a media type. */
  readonly attachments: readonly { readonly pattern: string; readonly type: string | undefined }[];
  readonly metadata: { readonly repo: string; readonly branch: string; readonly commit: string };
}
