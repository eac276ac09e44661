import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, TgError } from '../../util/errors.ts';
import type { Artifact, BuildRequest } from '../builder.ts';
import { notesOn } from '../sources/left-out-words.ts';
import { type Digest, digestOf, type LeftOut } from '../sources/sources.ts';
import { withoutLeftovers } from '../tool/build-mark.ts';
import { type ArtifactRecord, artifactIn } from './artifact-record.ts';
import { artifactKey, failureLog, inputsFile, removeOld } from './artifacts.ts';
import { besideItsPlace, inItsPlace } from './build-place.ts';
import { currentSet, knownSets, rememberSet } from './input-index.ts';
import { digestInput, type Input, type KnownInput, lastChange } from './inputs.ts';
import { onlyOnce } from './one-build.ts';

/** What a builder sees of a plan. */
interface Sight {
  /** Of all that decides about the artifact, as far as it is known before the build. */
  readonly digest: Digest;
  /** What is no part of the artifact though it is in the plan's folder, or linked from there: a person is told. */
  readonly leftOut: readonly LeftOut[];
  readonly linked: readonly string[];
}

/** How a builder makes its artifact. */
export interface Making<Seen extends Sight> {
  readonly builder: string;
  /** Where it is made: what has its own path in it is made where it stays, and knows before the build what it reads. */
  readonly place?: 'final';
  /** Looks at the sources, and whatever else decides; it is called again after the build. */
  readonly look: () => Promise<Seen>;
  /** What a build will read beside the sources, as far as it is known before it. */
  readonly expect?: (seen: Seen) => Promise<readonly Input[]>;
  /**
   * Fills a folder, and says how the artifact is run.
   * @param settle is to be called once nothing more is read of the sources, with what was read beside them; it throws where
   *   they are not what they were at the look.
   */
  readonly make: (
    dir: string,
    seen: Seen,
    settle: (read?: readonly Input[]) => Promise<readonly KnownInput[]>,
  ) => Promise<ArtifactRecord>;
}

/** How far, in ms, the time of a file may be behind the clock. */
const clockMarginMs = 2_000;
/** How often sources that change meanwhile are built. */
const attempts = 4;

/** What was built is not what was looked at. */
class Unsettled extends Error {}

/**
 * The artifact of what a plan is now: the one that is there, or a new one, made under another name and renamed: it is
 * there complete or not at all, whoever else makes it too. What changes while it is built is built again.
 * @throws TgError (build) where the sources keep changing.
 */
export async function artifactOf<Seen extends Sight>(
  request: BuildRequest,
  making: Making<Seen>,
): Promise<Artifact> {
  const watched = new Watched(request.env);
  for (let attempt = 1; ; attempt++) {
    try {
      return await attemptOf(request, making, watched, attempt === attempts);
    } catch (error) {
      // ENOENT: what was there at the look, such as the temporary file of an editor.
      const isChange = error instanceof Unsettled || codeOf(error) === 'ENOENT';
      if (!isChange || (attempt === attempts && !(error instanceof Unsettled))) throw error;
      if (attempt === attempts) throw keepChanging(request);
    }
  }
}

async function attemptOf<Seen extends Sight>(
  request: BuildRequest,
  { builder, look, expect, make, place }: Making<Seen>,
  watched: Watched,
  isLast: boolean,
): Promise<Artifact> {
  const { plan, home, env } = request;
  const seen = await look();
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
      const settle = async (read: readonly Input[] = []) => {
        const { digest } = await look();
        if (!isSame(seen.digest, digest, isLast)) throw new Unsettled();
        inputs = await watched.settle(read, isLast);
        return inputs;
      };
      // What its tools have left behind goes before the artifact has its name.
      const record = await withoutLeftovers(env, make(at.dir, seen, settle));
      if (inputs.length > 0) await rememberSet(index, inputs);
      await at.complete(record, nameFor(inputs));
      await removeOld(home, base);
      await rm(failureLog(request), { force: true });
      return await found(artifactIn(join(home.work, nameFor(inputs))));
    }))
  );
}

/** @throws Unsettled for an artifact that was there a moment ago. */
async function found(looking: Promise<Artifact | undefined>): Promise<Artifact> {
  const artifact = await looking;
  if (artifact === undefined) throw new Unsettled();
  return artifact;
}

function sameBuild(maker: string): string {
  return `the same build is made by ${maker}`;
}

/** What builds read beside the sources: it counts only where it was looked at before a build, and is the same after it. */
class Watched {
  readonly #env: NodeJS.ProcessEnv;
  readonly #before = new Map<string, { readonly input: Input; digest: Digest }>();
  #begunMs = 0;

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env;
  }

  /** Looks at what is known to be read. */
  async begin(known: readonly Input[]): Promise<void> {
    this.#begunMs = Date.now();
    for (const input of [...known, ...[...this.#before.values()].map((each) => each.input)]) {
      if (input.kind !== 'result')
        this.#before.set(input.name, { input, digest: await digestInput(input, this.#env) });
    }
  }

  /** @throws Unsettled for what was not looked at, or differs. */
  async settle(read: readonly Input[], isLast: boolean): Promise<KnownInput[]> {
    const inputs: KnownInput[] = [];
    let settled = true;
    for (const input of sorted(read)) {
      const digest = await digestInput(input, this.#env);
      const before = this.#before.get(input.name);
      if (input.kind !== 'result') this.#before.set(input.name, { input, digest });
      // The environment of a process stays as it is.
      const isKnown =
        ['variable', 'result'].includes(input.kind) ||
        before !== undefined ||
        (await lastChange(input)) < this.#begunMs - clockMarginMs;
      if (!isKnown || (before !== undefined && !isSame(before.digest, digest, isLast))) settled = false;
      inputs.push({ ...input, content: digest.content });
    }
    if (!settled) throw new Unsettled();
    return inputs;
  }
}

function sorted(inputs: readonly Input[]): Input[] {
  const different = new Map(inputs.map((input) => [`${input.kind} ${input.name}`, input]));
  return [...different].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, input]) => input);
}

/** In the last attempt what was written and is the same counts as the same: some builds write their own sources. */
function isSame(before: Digest, after: Digest, isLast: boolean): boolean {
  return before.content === after.content && (isLast || before.moment === after.moment);
}

function keyWith(base: string, inputs: readonly KnownInput[]): string {
  if (inputs.length === 0) return base;
  const stem = base.slice(0, base.lastIndexOf('-') + 1);
  return stem + digestOf([base, ...inputs.map(({ kind, name, content }) => `${kind} ${name} ${content}`)]);
}

function keepChanging({ plan }: BuildRequest): TgError {
  return new TgError('build', 'the sources keep changing while they are built', {
    where: plan.dir,
    hint: `They were built ${attempts} times, and each time something was written meanwhile. Wait until that is done: an editor, a generator, a synchronised folder.`,
  });
}
