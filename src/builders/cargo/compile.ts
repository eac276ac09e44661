import { existsSync } from 'node:fs';
import { mkdir, realpath, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { TgError } from '../../util/errors.ts';
import type { BuildRequest } from '../builder.ts';
import { artifactKey } from '../store/artifact-key.ts';
import { targetKind } from '../store/artifacts.ts';
import type { Input, KnownInput } from '../store/inputs.ts';
import { onlyOnce } from '../store/one-build.ts';
import { contentsOf, forgetStale, remember } from './forget-stale.ts';
import { cargoInputs, packagesThatLookOutside } from './inputs.ts';
import { type CargoBuild, readCargoBuild } from './messages.ts';
import { type CargoPlace, originalOf, placeWithLock, placeWithOwnLock } from './place.ts';
import type { Cargo } from './tool.ts';

/** The tag of a cache folder (bford.info/cachedir): Cargo creates it only in folders that it creates itself. */
const cacheTag = 'Signature: 8a477f597d28d172789f06886806bc55\n# What Cargo compiled for a plan of tg.\n';

/**
 * The target folder of Cargo, by its real path, since Cargo uses real paths in its output.
 * @param settings distinguishes it from other builds of the plan.
 */
export async function targetFolder({ home, plan }: BuildRequest, settings: string): Promise<string> {
  const dir = join(await realpath(home.work), artifactKey(targetKind, plan.name, settings));
  await mkdir(dir, { recursive: true });
  const tag = join(dir, 'CACHEDIR.TAG');
  if (!existsSync(tag)) await writeFile(tag, cacheTag);
  return dir;
}

interface Compilation {
  readonly root: string;
  readonly workspaceRoot: string;
  readonly targetDir: string;
  /** Cargo's version: `1.95.0`. */
  readonly version: string;
  /** The flags that select what is built, and how. */
  readonly flags: readonly string[];
  readonly isCounted: (file: string) => boolean;
  /** Takes the program, and finalizes the list of inputs. */
  readonly take: (build: CargoBuild, read: readonly Input[]) => Promise<readonly KnownInput[]>;
}

/**
 * Builds a program with Cargo, which decides what is stale, except for inputs it does not track. Builds in one
 * target folder are serialized: the next build would replace the program before it is taken.
 */
export async function compile(request: BuildRequest, cargo: Cargo, compilation: Compilation): Promise<void> {
  // The failed build may be of other sources, so its error is not passed on to waiters.
  const compiling = async () =>
    await compileAlone(request, cargo, compilation).then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
  const folder = {
    key: basename(compilation.targetDir),
    heldBy: (maker: string) => `the Cargo target folder of this plan is in use by ${maker}`,
  };
  const failed = await onlyOnce(request, folder, async () => undefined, compiling);
  if (failed !== undefined) throw failed.error;
}

async function compileAlone(request: BuildRequest, cargo: Cargo, compilation: Compilation): Promise<void> {
  const { targetDir, flags, isCounted, take } = compilation;
  const program = flags.join(' ');
  const held = await forgetStale(targetDir, program);
  const { said, place } = await buildIn(request, cargo, compilation);
  const build = readCargoBuild(said);
  const original = (path: string) => originalOf(place, path);
  const outside = await packagesThatLookOutside(build);
  const local = build.packages.filter(({ isLocal }) => isLocal);
  const folders = [...local, ...outside].map(({ name, folder }) => ({ name, folder: original(folder) }));
  const contents = await contentsOf(folders);
  const planDir = await realpath(request.plan.dir);
  const inputs = await cargoInputs(build, {
    ...{ targetDir, planDir, isCounted },
    ...{ home: request.home.root, originalOf: original },
  });
  const read = await take(build, inputs);
  await remember(targetDir, held, { program, contents, read });
}

/** Builds with the plan's lock file or, if that fails, with a lock file kept by tg. */
async function buildIn(
  request: BuildRequest,
  cargo: Cargo,
  compilation: Compilation,
): Promise<{ said: string; place: CargoPlace }> {
  const asked = { ...compilation, spec: request.spec, home: request.home.root };
  const run = async (place: CargoPlace) => ({ said: await runIn(place, cargo, compilation), place });
  const locked = placeWithLock(asked);
  if (locked === undefined) return await run(await placeWithOwnLock(asked));
  try {
    return await run(locked);
  } catch (error) {
    if (!(error instanceof TgError) || !/lock file .*--locked/s.test(error.hint ?? '')) throw error;
    request.warn(
      `${join(compilation.workspaceRoot, 'Cargo.lock')} is not up to date: an updated copy is used (cargo update --workspace fixes it)`,
    );
    return await run(await placeWithOwnLock(asked));
  }
}

async function runIn(
  { dir, flags, env, tree }: CargoPlace,
  cargo: Cargo,
  { targetDir, flags: what }: Compilation,
): Promise<string> {
  const args = ['build', '--message-format=json', ...what, ...flags, '--target-dir', targetDir];
  // Overrides Cargo's configuration: the files read here are in these folders, with absolute paths.
  const own = { CARGO_BUILD_BUILD_DIR: targetDir, CARGO_BUILD_DEP_INFO_BASEDIR: join(targetDir, 'none') };
  try {
    return await cargo(args, dir, { ...env, ...own });
  } catch (error) {
    throw error instanceof TgError && tree !== undefined ? withoutTree(error, tree) : error;
  }
}

/** Replaces paths in the link tree by paths in the plan. */
function withoutTree(error: TgError, tree: string): TgError {
  const { kind, message, where, hint } = error;
  return new TgError(kind, message, { where, hint: hint?.replaceAll(tree, ''), cause: error });
}
