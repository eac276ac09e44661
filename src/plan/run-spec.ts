import type { RunConfig } from './resolve/run-config.ts';
import type { Threshold } from './threshold.ts';

/** Parameter names with their values, as an instance receives them. */
export type Params = Readonly<Record<string, string>>;

/** What a group is built from. */
export interface BuildSpec {
  /** The ID of a builder, `exec:go` for instance. */
  readonly builder: string;
  readonly config: Readonly<Record<string, string>>;
  /** Build tags in Go, features in Rust. */
  readonly selectors: readonly string[];
  readonly dependencies: readonly Dependency[];
  /** The folder of an SDK to build with instead of the published one; an absolute path. */
  readonly linkSdk: string | undefined;
  /** Whether the program is to say, at its end, what of it was executed. */
  readonly coverage: boolean;
}

/** A dependency to be replaced, as `--dep module=target@version` says it. */
export interface Dependency {
  readonly module: string;
  /** What to use in its place: another module, or a folder by its absolute path; undefined for the module itself. */
  readonly target: string | undefined;
  /** Undefined for a folder. */
  readonly version: string | undefined;
}

/** Who answers when a plan asks for a network: nobody, somebody who shapes nothing and says so, or one who refuses. */
export type SidecarMode = 'none' | 'noop' | 'strict';

/** The final states that a group's instances may be expected to have. */
export const expectations = ['success', 'failure', 'crash', 'killed', 'running'] as const;

/**
 * The final state that a group's instances must have: `failure` is one that says so or exits with another status than 0,
 * `crash` one that crashes or is ended by a signal, `killed` one that is ended by a signal, `running` one that still runs
 * when all others have ended.
 */
export type Expectation = (typeof expectations)[number];

/** Where values came from, in words, by their names. */
export type Origins = Readonly<Record<string, string>>;

/** One group of a run: instances of one artifact with the same parameters. */
export interface GroupSpec {
  readonly id: string;
  /** The group of the composition that it is built and configured as. */
  readonly of: string;
  readonly role: string;
  /** The builder that was asked for, where another one stands for it: `docker:go`. */
  readonly askedBuilder?: string | undefined;
  readonly instances: number;
  readonly build: BuildSpec;
  /** The artifact of an earlier build, by its key; undefined to build. */
  readonly artifact: string | undefined;
  readonly sidecar: SidecarMode;
  readonly params: Params;
  /** The names of the parameters whose values nobody is to see. */
  readonly secrets: readonly string[];
  readonly profiles: Params;
  readonly expect: Expectation;
  /** Where what is above came from. */
  readonly origins: {
    readonly instances: string;
    readonly builder: string;
    readonly buildConfig: Origins;
    readonly params: Origins;
    readonly profiles: Origins;
  };
}

/** A plan, as far as a run needs to know it. */
export interface PlanRef {
  readonly name: string;
  readonly dir: string;
  /** Whether the manifest declares that the plan reports through an SDK. */
  readonly sdk: boolean | undefined;
}

/** Builds as data: what a run needs before it, or what is built without one. */
export interface BuildsSpec {
  readonly plan: PlanRef;
  /** The test case that is run, where one is: a plan may have a program for each. */
  readonly testCase?: string;
  readonly groups: readonly (Pick<GroupSpec, 'id' | 'of' | 'askedBuilder' | 'build' | 'artifact'> & {
    readonly origins: Pick<GroupSpec['origins'], 'builder' | 'buildConfig'>;
  })[];
  /** What was taken for something else, and what does not apply here: told before. */
  readonly notes: readonly string[];
}

/** A run as data: every default resolved, nothing left to look up. */
export interface RunSpec extends BuildsSpec {
  readonly runId: string;
  /** Its name in the composition; `default` where it has none. */
  readonly name: string;
  readonly testCase: string;
  readonly runner: string;
  /** The runner that was asked for, where another one stands for it: `local:docker`. */
  readonly askedRunner: string | undefined;
  readonly groups: readonly GroupSpec[];
  readonly totalInstances: number;
  /** From which each instance's own seed is derived: a decimal number. */
  readonly seed: string;
  readonly config: RunConfig;
  /** Where the keys of the run configuration came from. */
  readonly configOrigins: Origins;
  /** Why it may not run here, if it may not: it is on record all the same. */
  readonly refused: string | undefined;
  readonly disableMetrics: boolean;
  /** The bounds that what it measures has to keep. */
  readonly thresholds: readonly Threshold[];
  readonly metadata: { readonly repo: string; readonly branch: string; readonly commit: string };
}
