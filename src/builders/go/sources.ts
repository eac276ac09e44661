/** Runs `go` in a folder, without a workspace unless the given environment names one. @returns its stdout. */
export type Go = (args: readonly string[], cwd: string, more?: NodeJS.ProcessEnv) => Promise<string>;

/** The modules of a Go plan for a build, which changes nothing in the plan's folder. */
export interface GoSources {
  /** The working directory of `go build`. */
  readonly dir: string;
  /** The required environment of `go`. */
  readonly env: NodeJS.ProcessEnv;
  /** The flags of `go build` and `go list`. */
  readonly flags: readonly string[];
  /** The folders that replace modules. */
  readonly replaced: readonly string[];
  /** Maps a copy to the plan's file. */
  readonly originalOf: (file: string) => string;
  /** The files that define the modules, as they are at the start of the build. */
  readonly text: () => Promise<string>;
}
