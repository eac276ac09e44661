import type { Home } from '../os/home.ts';
import type { BuildSpec, PlanRef } from '../plan/run-spec.ts';

/** The output of a builder: a command line and a folder. */
export interface Artifact {
  /** Identifies the artifact: equal sources, configuration and toolchain give the same key. */
  readonly key: string;
  readonly command: readonly [program: string, ...args: string[]];
  /** The folder with the plan as built; small files of the plan are copied from it to each instance. */
  readonly dir: string;
  /** Whether the plan depends on an SDK. */
  readonly sdk: boolean;
  readonly traits: Traits;
}

/** Properties of an artifact's program that affect how it is run. */
export interface Traits {
  /** Connects to `testground-sync-service`, port 5050, regardless of its environment. */
  readonly dialsByName: boolean;
  /** May reopen its stdout and stderr, which truncates files; it gets pipes instead. */
  readonly reopensStreams: boolean;
  /** Prints its stacks on SIGQUIT. */
  readonly stacksOnQuit: boolean;
}

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
  readonly tell: (text: string) => void;
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
