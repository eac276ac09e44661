import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandArtifact } from '../../plan/artifact.ts';
import { codeOf, TgError } from '../../util/errors.ts';
import type { BuildRequest } from '../builder.ts';
import { notesOn } from '../sources/left-out-notes.ts';
import type { Digest, LeftOut } from '../sources/sources.ts';
import { withoutLeftovers } from '../tool/build-mark.ts';
import { artifactKey, keyWith } from './artifact-key.ts';
import { type ArtifactRecord, artifactIn } from './artifact-record.ts';
import { failureLog, inputsFile, removeOld } from './artifacts.ts';
import { besideItsPlace, inItsPlace } from './build-place.ts';
import { currentSet, knownSets, rememberSet } from './input-index.ts';
import { digestInput, type Input, type KnownInput, lastChange } from './inputs.ts';
import { onlyOnce } from './one-build.ts';

/** The analysis of a plan by a builder. */
interface Analysis {
  /** A digest of everything that affects the artifact, as far as known before the build. */
  readonly digest: Digest;
  /** Paths in the plan's folder, or linked from there, that are not part of the artifact; they are reported. */
  readonly leftOut: readonly LeftOut[];
  readonly linked: readonly string[];
}

/** How a builder makes its artifact. */
export interface Making<Seen extends Analysis> {
  readonly builder: string;
  /**
   * `final` makes the artifact in its final place, if it contains its own path; the inputs must then be known
   * before the build.
   */
  readonly place?: 'final';
  /** Analyzes the sources and all other inputs; called again after the build. */
  readonly analyze: () => Promise<Seen>;
  /** The inputs other than sources that a build is expected to read. */
  readonly expect?: (seen: Seen) => Promise<readonly Input[]>;
  /**
   * Fills a folder and returns how the artifact is run.
   * @param confirmInputs must be called once no more sources are read, with the other inputs; it throws if the inputs have
   * changed since the analysis.
   */
  readonly make: (
    dir: string,
    seen: Seen,
    confirmInputs: (read?: readonly Input[]) => Promise<readonly KnownInput[]>,
  ) => Promise<ArtifactRecord>;
}

/** The maximum lag, in ms, of file times behind the clock. */
const clockMarginMs = 2_000;
/** The maximum number of builds while the sources keep changing. */
const attempts = 4;

/** Thrown if the inputs have changed since the analysis. */
class InputsChanged extends Error {}

/**
 * Returns the artifact of a plan's current sources: an existing one, or a new one that is made under a temporary
 * name and renamed, so that it is complete or absent even if several processes make it. If inputs change during the
 * build, it is repeated.
 * @throws TgError (build) if the sources keep changing.
 */
export async function artifactOf<Seen extends Analysis>(
  request: BuildRequest,
  making: Making<Seen>,
): Promise<CommandArtifact> {
  const watched = new Watched(request.env);
  for (let attempt = 1; ; attempt++) {
    try {
      return await attemptOf(request, making, watched, attempt === attempts);
    } catch (error) {
      // ENOENT: a file seen by the analysis has gone, such as an editor's temporary file.
      const isChange = error instanceof InputsChanged || codeOf(error) === 'ENOENT';
      if (!isChange || (attempt === attempts && !(error instanceof InputsChanged))) throw error;
      if (attempt === attempts) throw keepChanging(request);
    }
  }
}

async function attemptOf<Seen extends Analysis>(
  request: BuildRequest,
  { builder, analyze, expect, make, place }: Making<Seen>,
  watched: Watched,
  isLast: boolean,
): Promise<CommandArtifact> {
  const { plan, home, env } = request;
  const seen = await analyze();
  for (const text of notesOn(plan.dir, builder, seen)) request.warn(text);
  const base = artifactKey(builder, plan.name, seen.digest.content);
  const index = inputsFile(home, base);
  const nameFor = (inputs: readonly KnownInput[]) => keyWith(base, inputs);
  const find = async () => {
    const set = await currentSet(index, env);
    return set && (await artifactIn(join(home.work, nameFor(set))));
  };
  return (
    (await find()) ??
    (await onlyOnce(request, { key: base, heldBy: sameBuild }, find, async () => {
      await watched.begin([...((await knownSets(index))[0] ?? []), ...((await expect?.(seen)) ?? [])]);
      await using at = await (place === 'final' ? inItsPlace : besideItsPlace)(home, base);
      if (at === undefined) return await found(find());
      let inputs: readonly KnownInput[] = [];
      const confirmInputs = async (read: readonly Input[] = []) => {
        const { digest } = await analyze();
        if (!isSame(seen.digest, digest, isLast)) throw new InputsChanged();
        inputs = await watched.confirmInputs(read, isLast);
        return inputs;
      };
      // Processes left by its tools are killed before the artifact gets its name.
      const record = await withoutLeftovers(env, make(at.dir, seen, confirmInputs));
      if (inputs.length > 0) await rememberSet(index, inputs);
      await at.complete(record, nameFor(inputs));
      await removeOld(home, base);
      await rm(failureLog(request), { force: true });
      return await found(artifactIn(join(home.work, nameFor(inputs))));
    }))
  );
}

/** @throws InputsChanged for an artifact that existed a moment ago. */
async function found(looking: Promise<CommandArtifact | undefined>): Promise<CommandArtifact> {
  const artifact = await looking;
  if (artifact === undefined) throw new InputsChanged();
  return artifact;
}

function sameBuild(maker: string): string {
  return `the same build is being made by ${maker}`;
}

/**
 * The inputs other than sources. An input is valid only if it was digested before a build and is unchanged after
 * it.
 */
class Watched {
  readonly #env: NodeJS.ProcessEnv;
  readonly #before = new Map<string, { readonly input: Input; digest: Digest }>();
  #begunMs = 0;

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env;
  }

  /** Digests the known inputs. */
  async begin(known: readonly Input[]): Promise<void> {
    this.#begunMs = Date.now();
    for (const input of [...known, ...[...this.#before.values()].map((each) => each.input)]) {
      if (input.kind !== 'result')
        this.#before.set(input.name, { input, digest: await digestInput(input, this.#env) });
    }
  }

  /** @throws InputsChanged for an input that is new or has changed. */
  async confirmInputs(read: readonly Input[], isLast: boolean): Promise<KnownInput[]> {
    const inputs: KnownInput[] = [];
    let areUnchanged = true;
    for (const input of sorted(read)) {
      const digest = await digestInput(input, this.#env);
      const before = this.#before.get(input.name);
      if (input.kind !== 'result') this.#before.set(input.name, { input, digest });
      // The environment of a process does not change.
      const isKnown =
        ['variable', 'result'].includes(input.kind) ||
        before !== undefined ||
        (await lastChange(input)) < this.#begunMs - clockMarginMs;
      if (!isKnown || (before !== undefined && !isSame(before.digest, digest, isLast))) areUnchanged = false;
      inputs.push({ ...input, content: digest.content });
    }
    if (!areUnchanged) throw new InputsChanged();
    return inputs;
  }
}

function sorted(inputs: readonly Input[]): Input[] {
  const different = new Map(inputs.map((input) => [`${input.kind} ${input.name}`, input]));
  return [...different].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, input]) => input);
}

/** In the last attempt, rewritten but equal files count as unchanged, since some builds write their own sources. */
function isSame(before: Digest, after: Digest, isLast: boolean): boolean {
  return before.content === after.content && (isLast || before.moment === after.moment);
}

function keepChanging({ plan }: BuildRequest): TgError {
  return new TgError('build', 'the sources keep changing while they are built', {
    where: plan.dir,
    hint: `In each of ${attempts} attempts, a file changed during the build. Wait until the writer is done: an editor, a generator, a synchronised folder.`,
  });
}
