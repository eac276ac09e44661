/** The output of a builder: a command line and a folder, or an image. */
export type Artifact = CommandArtifact | ImageArtifact;

interface AnyArtifact {
  /** Identifies the artifact: equal sources, configuration and toolchain give the same key. */
  readonly key: string;
  /** Whether the plan depends on an SDK. */
  readonly sdk: boolean;
  readonly traits: Traits;
  /** What may make its program fail, as text, such as another version of Node than the plan asks for. */
  readonly doubt?: string | undefined;
  /** The commit that the plan's folder was at when it was built. */
  readonly commit?: { readonly id: string; readonly isChanged: boolean } | undefined;
}

/** A program in a folder of this machine. */
export interface CommandArtifact extends AnyArtifact {
  readonly kind: 'command';
  readonly command: readonly [program: string, ...args: string[]];
  /** The folder with the plan as built; small files of the plan are copied from it to each instance. */
  readonly dir: string;
}

/** An image of a container engine or registry. */
export interface ImageArtifact extends AnyArtifact {
  readonly kind: 'image';
  readonly reference: string;
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

/** An artifact that is a command: runners of processes accept no other. */
export function commandArtifact(artifact: Artifact): CommandArtifact {
  if (artifact.kind === 'command') return artifact;
  throw new Error(`this runner starts commands, and ${artifact.key} is an ${artifact.kind}`);
}
