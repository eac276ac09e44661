import type { Params } from './params.ts';
import type { RunConfig } from './run-config.ts';

/** One group of a run: instances of one artifact with the same parameters. */
export interface GroupSpec {
  readonly id: string;
  readonly role: string;
  readonly instances: number;
  readonly builder: string;
  readonly buildConfig: Readonly<Record<string, string>>;
  readonly params: Params;
  readonly profiles: Params;
}

/** A run as data: every default resolved, nothing left to look up. */
export interface RunSpec {
  readonly runId: string;
  readonly plan: {
    readonly name: string;
    readonly dir: string;
    /** Whether the manifest declares that the plan reports through an SDK. */
    readonly sdk: boolean | undefined;
  };
  readonly testCase: string;
  readonly runner: string;
  readonly groups: readonly GroupSpec[];
  readonly totalInstances: number;
  readonly config: RunConfig;
  readonly disableMetrics: boolean;
  readonly metadata: { readonly repo: string; readonly branch: string; readonly commit: string };
}
