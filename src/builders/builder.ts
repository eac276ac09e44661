import type { Home } from '../os/home.ts';
import type { Artifact } from '../plan/artifact.ts';
import type { BuildSpec, PlanRef } from '../plan/run-spec.ts';

export interface BuildRequest {
  readonly plan: PlanRef;
  /** The test case of a run: a plan may have a program for each. */
  readonly testCase?: string | undefined;
  readonly spec: BuildSpec;
  readonly home: Home;
  /** The environment of build tools: the caller's. */
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Called with a warning that something was left out. The build continues. */
  readonly warn: (text: string) => void;
  /** Called with a note about a choice or a download. */
  readonly report: (text: string) => void;
  /** Called with the current step, `compiling serde v1.0.2` for instance, each time it changes. */
  readonly progress: (doing: string) => void;
}

/** Turns a plan's sources into an artifact. Never changes the plan's folder. */
export interface Builder {
  readonly id: string;
  /** The keys of its build configuration. */
  readonly configKeys: readonly string[];
  /**
   * @throws TgError (build) with the compiler's output, (environment) if the toolchain is missing, (usage) for
   * invalid configuration.
   */
  build(request: BuildRequest): Promise<Artifact>;
}
