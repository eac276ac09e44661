/** Runs `go` in a folder, without a workspace unless the environment that is given names one. @returns its stdout. */
export type Go = (args: readonly string[], cwd: string, more?: NodeJS.ProcessEnv) => Promise<string>;

/** The modules of a Go plan as they are to be for a build. Building them changes nothing in the plan's folder. */
export interface GoSources {
  /** Where `go build` runs. */
  readonly dir: string;
  /** What the environment of `go` must hold. */
  readonly env: NodeJS.ProcessEnv;
  /** What `go build` and `go list` need to be told. */
  readonly flags: readonly string[];
  /** The folders that stand for modules. */
  readonly replaced: readonly string[];
  /** The file of the plan of which this one may be a copy. */
  readonly originalOf: (file: string) => string;
  /** The files that say which modules there are, as the build begins with them. */
  readonly text: () => Promise<string>;
}
