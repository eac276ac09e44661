import { join } from 'node:path';
import { type Artifact, commandArtifact } from '../../plan/artifact.ts';
import { messageOf, TgError } from '../../util/errors.ts';
import type { Artifacts, RunSetup } from '../runner.ts';
import { readShippedFiles, type ShippedFiles } from './shipped-files.ts';
import { makeTempRoot, type TempRoot } from './temp-folders.ts';
import { pathWithTg } from './tg-on-path.ts';

/** The temporary folder of a run whose instances are processes, and what goes into it. Disposing of it removes it. */
export class RunFiles implements AsyncDisposable {
  /** The PATH of scripts, on which they find tg; undefined if the run has none. */
  readonly scriptPath: string | undefined;
  readonly #root: TempRoot;
  readonly #shipped: ReadonlyMap<string, ShippedFiles>;

  private constructor(
    root: TempRoot,
    shipped: ReadonlyMap<string, ShippedFiles>,
    scriptPath: string | undefined,
  ) {
    this.#root = root;
    this.#shipped = shipped;
    this.scriptPath = scriptPath;
  }

  /** @throws TgError (environment) if an artifact cannot be read, or the folder cannot be created. */
  static async prepare(setup: RunSetup, artifacts: Artifacts): Promise<RunFiles> {
    const { spec, notice } = setup;
    const root = await makeTempRoot(spec.runId, (problem) =>
      notice('WARN', `could not be removed: ${problem}`),
    );
    try {
      const shipped = new Map(
        spec.groups.flatMap(({ id }) => {
          const artifact = artifacts.get(id);
          return artifact === undefined ? [] : [[id, shippedFilesOf(artifact, notice)] as const];
        }),
      );
      const hasScripts = spec.groups.some(({ build }) => build.builder === 'exec:generic');
      return new RunFiles(root, shipped, hasScripts ? pathForScripts(setup, root.path) : undefined);
    } catch (error) {
      await root[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Its path. */
  get root(): string {
    return this.#root.path;
  }

  /** The files of a group's plan that each instance gets. */
  shippedTo(group: string): ShippedFiles {
    const shipped = this.#shipped.get(group);
    if (shipped === undefined) throw new Error(`group ${group} has no files`);
    return shipped;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#root[Symbol.asyncDispose]();
  }
}

/** Scripts use `tg sync`, so they need tg on their PATH; other plans keep their PATH. */
function pathForScripts({ callerEnv, extraEnv }: RunSetup, root: string): string {
  return pathWithTg(join(root, '.bin'), extraEnv['PATH'] ?? callerEnv['PATH'] ?? '');
}

function shippedFilesOf(artifact: Artifact, notice: RunSetup['notice']): ShippedFiles {
  const { dir } = commandArtifact(artifact);
  try {
    const shipped = readShippedFiles(dir);
    if (shipped.linked.length > 0)
      notice(
        'INFO',
        `too large to copy for each instance, so all instances share: ${shipped.linked.join(', ')}`,
      );
    return shipped;
  } catch (cause) {
    throw new TgError('environment', `the artifact cannot be read: ${messageOf(cause)}`, {
      where: dir,
      hint: 'It was removed or changed during the run. Run again: tg builds it again.',
      cause,
    });
  }
}
