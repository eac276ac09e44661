import { existsSync } from 'node:fs';
import { mkdir, realpath, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { TgError } from '../../util/errors.ts';
import type { BuildRequest } from '../builder.ts';
import { artifactKey, targetKind } from '../store/artifacts.ts';
import type { Input, KnownInput } from '../store/inputs.ts';
import { onlyOnce } from '../store/one-build.ts';
import { contentsOf, forgetStale, remember } from './fresh.ts';
import { cargoInputs, packagesThatLookOutside } from './inputs.ts';
import { type CargoBuild, readCargoBuild } from './messages.ts';
import { type CargoPlace, originalOf, placeWithLock, placeWithOwnLock } from './place.ts';
import type { Cargo } from './tool.ts';

/** The mark of a folder of caches (bford.info/cachedir): Cargo makes it only in a folder that it makes itself. */
const cacheTag = 'Signature: 8a477f597d28d172789f06886806bc55\n# What Cargo compiled for a plan of tg.\n';

/**
 * The folder for what Cargo compiles, by its real path: Cargo names folders so.
 * @param settings what tells it from those of other builds of the plan.
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
  /** Of Cargo: `1.95.0`. */
  readonly version: string;
  /** What is built, and how. */
  readonly flags: readonly string[];
  readonly isCounted: (file: string) => boolean;
  /** Takes the program, and settles what was read. */
  readonly take: (build: CargoBuild, read: readonly Input[]) => Promise<readonly KnownInput[]>;
}

/**
 * Has Cargo build a program. It decides what is stale, but for what it cannot see. One build at a time is at work in a target
 * folder: the next would replace the program before it is taken.
 */
export async function compile(request: BuildRequest, cargo: Cargo, compilation: Compilation): Promise<void> {
  // It may be of other sources: what makes it fail is nothing to those that wait.
  const compiling = async () =>
    await compileAlone(request, cargo, compilation).then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
  const folder = {
    key: basename(compilation.targetDir),
    heldBy: (maker: string) => `what Cargo compiled for this plan is in use by ${maker}`,
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

/** Builds with the plan's lock file as it is, or, where that does not do, with one that tg keeps. */
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
      `${join(compilation.workspaceRoot, 'Cargo.lock')} is not up to date: a copy with what is missing is used (cargo update --workspace mends it)`,
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
  // Whatever Cargo's configuration says: what is read here lies there, and paths are whole.
  const own = { CARGO_BUILD_BUILD_DIR: targetDir, CARGO_BUILD_DEP_INFO_BASEDIR: join(targetDir, 'none') };
  try {
    return await cargo(args, dir, { ...env, ...own });
  } catch (error) {
    throw error instanceof TgError && tree !== undefined ? withoutTree(error, tree) : error;
  }
}

/** Names the files of the plan, not the links to them. */
function withoutTree(error: TgError, tree: string): TgError {
  const { kind, message, where, hint } = error;
  return new TgError(kind, message, { where, hint: hint?.replaceAll(tree, ''), cause: error });
}
