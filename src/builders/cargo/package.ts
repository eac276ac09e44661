import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { TgError } from '../../util/errors.ts';
import { didYouMean } from '../../util/suggest.ts';
import { insidePlan } from '../config-values.ts';
import { type CargoPackage, type CargoWorkspace, readWorkspace } from './metadata.ts';
import { type Chosen, chooseProgram, isAlike, type Program, programsOf } from './program.ts';

/** The package and program to build for a plan. */
export interface RustPlan {
  readonly package_: CargoPackage;
  readonly program: Program;
  readonly workspace: CargoWorkspace;
  /** Notes on choices that were not requested. */
  readonly notes: readonly string[];
}

interface Asked {
  /** The folder of the plan's Cargo.toml. */
  readonly root: string;
  readonly planName: string;
  readonly testCase: string | undefined;
  readonly config: Readonly<Record<string, string>>;
  readonly selectors: readonly string[];
}

type Cargo = (args: readonly string[], cwd: string) => Promise<string>;

/**
 * Reads the plan's workspace and chooses the package and program.
 * @throws TgError (build) if there is none, or the choice is ambiguous.
 */
export async function readRustPlan(asked: Asked, cargo: Cargo): Promise<RustPlan> {
  const { root, config, selectors } = asked;
  const workspace = await readWorkspace(root, cargo);
  const names = [asked.testCase, basename(asked.planName)].filter((name) => name !== undefined);
  const package_ = choosePackage(workspace, asked, names);
  const program = await chooseProgram(package_.value, { where: root, config, selectors, names });
  const notes = [
    ...noteOf('package', package_.value.name, package_.because, 'package'),
    ...noteOf(
      program.value.kind === 'bin' ? 'program' : 'example',
      program.value.name,
      program.because,
      program.value.kind,
    ),
  ];
  return { package_: package_.value, program: program.value, workspace, notes };
}

function noteOf(what: string, name: string, because: string | undefined, key: string): string[] {
  if (because === undefined) return [];
  return [`exec:rust uses the ${what} ${name}: ${because} (--build-cfg ${key}=NAME selects another)`];
}

function choosePackage(
  workspace: CargoWorkspace,
  { root, config, selectors }: Asked,
  names: readonly string[],
): Chosen<CargoPackage> {
  const { packages } = workspace;
  const configured = config['package'];
  if (configured !== undefined) return { value: packageNamed(configured, packages, root) };
  const isNamed = config['bin'] !== undefined || config['example'] !== undefined;
  const candidates = packages.filter((each) =>
    isNamed ? hasNamed(each, config) : programsOf(each, selectors).length > 0,
  );
  const here = packages.find(({ folder }) => folder === root);
  if (here !== undefined && (candidates.includes(here) || candidates.length === 0)) return { value: here };
  const chosen = narrowed(workspace, candidates, names);
  if (chosen !== undefined) return chosen;
  const [first] = packages;
  // The error for the programs lists the alternatives.
  if (candidates.length === 0 && first !== undefined)
    return { value: { ...first, targets: packages.flatMap(({ targets }) => targets) } };
  throw new TgError('build', 'several packages could be the plan', {
    where: root,
    hint: ['Choose one:', ...candidates.map(({ name }) => `  --build-cfg package=${name}`)].join('\n'),
  });
}

function packageNamed(name: string, packages: readonly CargoPackage[], root: string): CargoPackage {
  const named = packages.find((each) => each.name === name || relative(root, each.folder) === name);
  if (named !== undefined) return named;
  throw new TgError('build', `there is no package "${name}"`, {
    where: root,
    hint: didYouMean(
      name,
      packages.map((each) => each.name),
      'package',
    ),
  });
}

/** Whether a package has the program named by the configuration. */
function hasNamed({ targets }: CargoPackage, { bin, example }: Asked['config']): boolean {
  const kind = example === undefined ? 'bin' : 'example';
  const name = example ?? bin;
  return targets.some((target) => target.name === name && target.kinds.includes(kind));
}

/** Narrows several packages with programs to the plan's, if it is unambiguous. */
function narrowed(
  { defaults, packages }: CargoWorkspace,
  candidates: readonly CargoPackage[],
  names: readonly string[],
): Chosen<CargoPackage> | undefined {
  const byName = names.map((name) => candidates.filter((each) => isAlike(each.name, name)));
  const standard =
    defaults.length < packages.length ? candidates.filter(({ id }) => defaults.includes(id)) : [];
  const users = candidates.filter((each) => each.dependencies.some(({ name }) => name === 'testground'));
  return (
    only(candidates, 'no other package has a program that could be the plan') ??
    byName.map((each) => only(each, 'it has the name of the test case or the plan')).find(Boolean) ??
    only(standard, 'it is the default member') ??
    only(users, 'it is the only one that depends on the crate testground')
  );
}

function only(candidates: readonly CargoPackage[], because: string): Chosen<CargoPackage> | undefined {
  const [first] = candidates;
  return candidates.length === 1 && first !== undefined ? { value: first, because } : undefined;
}

/** The maximum depth at which a Cargo.toml is searched below a plan's folder. */
const deepest = 3;

/**
 * The folder with the plan's Cargo.toml: the configured one, the plan's own, or the only one below it.
 * @throws TgError (build) if there is none, or more than one.
 */
export async function findCrate(planDir: string, configured: string | undefined): Promise<Chosen<string>> {
  const root = insidePlan(planDir, configured ?? '.', 'path');
  if (existsSync(join(root, 'Cargo.toml'))) return { value: root };
  const found = configured === undefined ? await cratesBelow(planDir, deepest) : [];
  const [first] = found;
  if (found.length === 1 && first !== undefined)
    return { value: first, because: 'no other folder has a Cargo.toml' };
  const lines = found.map((folder) => `  --build-cfg path=${relative(planDir, folder)}`);
  throw new TgError('build', 'the plan has no Cargo.toml', {
    where: root,
    hint:
      found.length === 0
        ? 'Give its folder with --build-cfg path=FOLDER.'
        : ['These folders below it have one; choose one:', ...lines].join('\n'),
  });
}

/** The outermost folders with a Cargo.toml. */
async function cratesBelow(folder: string, levels: number): Promise<string[]> {
  if (levels === 0) return [];
  const entries = await readdir(folder, { withFileTypes: true });
  const folders = entries
    .filter((entry) => entry.isDirectory() && !/^\.|^(?:target|node_modules)$/.test(entry.name))
    .map(({ name }) => join(folder, name))
    .sort();
  const found = await Promise.all(
    folders.map(async (each) =>
      existsSync(join(each, 'Cargo.toml')) ? [each] : await cratesBelow(each, levels - 1),
    ),
  );
  return found.flat();
}

/** The folders of a plan's path dependencies, transitively, as far as Cargo's files show them before a build. */
export async function dependencyFolders(
  { package_, workspace }: Pick<RustPlan, 'package_' | 'workspace'>,
  cargo: Cargo,
): Promise<string[]> {
  const known = new Map(workspace.packages.map((each) => [each.folder, each]));
  const folders = new Set(foldersOf(package_));
  for (const folder of folders) {
    if (!existsSync(join(folder, 'Cargo.toml'))) continue;
    if (!known.has(folder)) {
      for (const each of (await readWorkspace(folder, cargo)).packages) known.set(each.folder, each);
    }
    for (const path of foldersOf(known.get(folder))) folders.add(path);
  }
  return [...folders];
}

function foldersOf(package_: CargoPackage | undefined): string[] {
  return package_?.dependencies.flatMap(({ folder }) => folder ?? []) ?? [];
}
