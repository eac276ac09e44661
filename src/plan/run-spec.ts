import type { Params } from './resolve/params.ts';
import type { RunConfig } from './resolve/run-config.ts';

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

/** One group of a run: instances of one artifact with the same parameters. */
export interface GroupSpec {
  readonly id: string;
  readonly role: string;
  readonly instances: number;
  readonly build: BuildSpec;
  /** The artifact of an earlier build, by its key; undefined to build. */
  readonly artifact: string | undefined;
  readonly sidecar: SidecarMode;
  readonly params: Params;
  readonly profiles: Params;
}

/** A plan, as far as a run needs to know it. */
export interface PlanRef {
  readonly name: string;
  readonly dir: string;
  /** Whether the manifest declares that the plan reports through an SDK. */
  readonly sdk: boolean | undefined;
}

/** A run as data: every default resolved, nothing left to look up. */
export interface RunSpec {
  readonly runId: string;
  readonly plan: PlanRef;
  readonly testCase: string;
  readonly runner: string;
  readonly groups: readonly GroupSpec[];
  readonly totalInstances: number;
  readonly config: RunConfig;
  readonly disableMetrics: boolean;
  readonly metadata: { readonly repo: string; readonly branch: string; readonly commit: string };
  /** What was taken for something else, and what does not apply here: told before the run. */
  readonly notes: readonly string[];
}
