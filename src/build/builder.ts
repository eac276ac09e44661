import type { Home } from '../home.ts';

/** What a builder makes of a group's sources: a command line and a folder. */
export interface Artifact {
  /** Names the artifact: same sources and configuration, same key. */
  readonly key: string;
  readonly command: readonly [program: string, ...args: string[]];
  /** The folder with the plan as built; the small files that a plan ships are copied from it to each instance. */
  readonly dir: string;
  /** Whether the plan depends on an SDK. */
  readonly sdk: boolean;
}

export interface BuildRequest {
  readonly planName: string;
  readonly planDir: string;
  readonly buildConfig: Readonly<Record<string, string>>;
  readonly home: Home;
  readonly signal: AbortSignal;
}

/** Turns a plan's sources into an artifact. It never changes the plan's folder. */
export interface Builder {
  readonly id: string;
  /** @throws TgError (usage) for a configuration it does not know. */
  checkConfig(config: BuildRequest['buildConfig']): void;
  /** @throws TgError (build) with the compiler's words, and all that checkConfig throws. */
  build(request: BuildRequest): Promise<Artifact>;
}
