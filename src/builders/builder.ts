import type { Home } from '../os/home.ts';
import type { BuildSpec, PlanRef } from '../plan/run-spec.ts';

/** What a builder makes of a group's sources: a command line and a folder. */
export interface Artifact {
  /** Names the artifact: same sources, configuration and toolchain, same key. */
  readonly key: string;
  readonly command: readonly [program: string, ...args: string[]];
  /** The folder with the plan as built; the small files that a plan ships are copied from it to each instance. */
  readonly dir: string;
  /** Whether the plan depends on an SDK. */
  readonly sdk: boolean;
  readonly traits: Traits;
}

/** How the program of an artifact wants to be run. */
export interface Traits {
  /** Dials `testground-sync-service`, port 5050, whatever its environment says. */
  readonly dialsByName: boolean;
  /** May open its stdout and stderr anew, which empties a file: it gets pipes. */
  readonly reopensStreams: boolean;
  /** A SIGQUIT makes it print where it stands. */
  readonly stacksOnQuit: boolean;
}

export interface BuildRequest {
  readonly plan: PlanRef;
  /** The test case that is run, where one is: a plan may have a program for each. */
  readonly testCase?: string | undefined;
  readonly spec: BuildSpec;
  readonly home: Home;
  /** The environment of the tools that build: the caller's. */
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Called with a warning: something was left out. The build goes on. */
  readonly warn: (text: string) => void;
  /** Called with a note: what was chosen or fetched. Nothing is wrong. */
  readonly tell: (text: string) => void;
  /** Called with the current step, `compiling serde v1.0.2` for instance, each time it changes. */
  readonly progress: (doing: string) => void;
}

/** Turns a plan's sources into an artifact. It never changes the plan's folder. */
export interface Builder {
  readonly id: string;
  /** The names of its build configuration. */
  readonly configKeys: readonly string[];
  /**
   * @throws TgError (build) with the compiler's words, (environment) where the toolchain is missing, (usage) for a
   *   configuration that does not fit.
   */
  build(request: BuildRequest): Promise<Artifact>;
}
