import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { TgError } from '../errors.ts';
import { didYouMean } from '../nearest.ts';
import type { BuildSpec } from '../plan/run-spec.ts';

/** The package of a Rust plan, and which of its programs is the plan. */
export interface CargoPackage {
  readonly name: string;
  readonly target: { readonly kind: 'bin' | 'example'; readonly name: string };
  /** Where Cargo keeps the lock file: the plan's folder, or that of a workspace around it. */
  readonly workspaceRoot: string;
  /** The folders of dependencies that are given by path, theirs too, outside the plan's folder too. */
  readonly pathDependencies: readonly string[];
}

const metadataSchema = z.looseObject({
  workspace_root: z.string(),
  packages: z.array(
    z.looseObject({
      name: z.string(),
      manifest_path: z.string(),
      default_run: z.string().nullish(),
      targets: z.array(z.looseObject({ name: z.string(), kind: z.array(z.string()) })),
      dependencies: z.array(z.looseObject({ path: z.string().nullish() })),
    }),
  ),
});
type Package = z.output<typeof metadataSchema>['packages'][number];

/**
 * Reads what Cargo knows of the plan.
 * @throws TgError (build) where there is no package, no program, or more than one and none chosen.
 */
export async function readCargoPackage(
  root: string,
  { config }: BuildSpec,
  cargo: (args: readonly string[], cwd: string) => Promise<string>,
): Promise<CargoPackage> {
  if (!existsSync(join(root, 'Cargo.toml'))) {
    throw new TgError('build', 'the plan has no Cargo.toml', {
      where: root,
      hint: 'Say where it is with --build-cfg path=FOLDER.',
    });
  }
  const json = await cargo(['metadata', '--no-deps', '--format-version=1'], root);
  const { packages, workspace_root: workspaceRoot } = metadataSchema.parse(JSON.parse(json));
  const package_ = choosePackage(packages, root, config['package']);
  const pathDependencies = await withTheirs(pathsIn(packages), cargo);
  return {
    name: package_.name,
    target: chooseTarget(package_, root, config),
    workspaceRoot,
    pathDependencies,
  };
}

function pathsIn(packages: readonly Package[]): string[] {
  return packages.flatMap(({ dependencies }) => dependencies.flatMap(({ path }) => path ?? []));
}

/** Folders of dependencies, and of their dependencies. */
async function withTheirs(
  folders: readonly string[],
  cargo: (args: readonly string[], cwd: string) => Promise<string>,
): Promise<string[]> {
  const all = new Set(folders);
  for (const folder of all) {
    if (!existsSync(join(folder, 'Cargo.toml'))) continue;
    const json = await cargo(['metadata', '--no-deps', '--format-version=1'], folder);
    for (const path of pathsIn(metadataSchema.parse(JSON.parse(json)).packages)) all.add(path);
  }
  return [...all];
}

function choosePackage(packages: readonly Package[], root: string, configured: string | undefined): Package {
  const names = packages.map(({ name }) => name);
  const here = packages.find(({ manifest_path: file }) => dirname(file) === root);
  const chosen =
    configured === undefined
      ? (here ?? (packages.length === 1 ? packages[0] : undefined))
      : packages.find(({ name }) => name === configured);
  if (chosen !== undefined) return chosen;
  throw new TgError(
    'build',
    configured === undefined ? 'which package is the plan?' : `there is no package "${configured}"`,
    {
      where: root,
      hint:
        configured === undefined
          ? `The workspace has ${names.join(', ')}. Choose one with --build-cfg package=NAME.`
          : didYouMean(configured, names, 'package'),
    },
  );
}

function chooseTarget(
  { targets, default_run: preferred }: Package,
  root: string,
  { bin, example }: BuildSpec['config'],
): CargoPackage['target'] {
  const named = (kind: 'bin' | 'example') =>
    targets.filter((target) => target.kind.includes(kind)).map(({ name }) => name);
  const kind = example === undefined ? 'bin' : 'example';
  const names = named(kind);
  const asked = example ?? bin ?? preferred ?? (names.length === 1 ? names[0] : undefined);
  if (asked === undefined) {
    throw new TgError(
      'build',
      names.length === 0 ? 'the plan has no program' : `the plan has ${names.length} programs`,
      {
        where: root,
        hint:
          names.length === 0
            ? 'It needs a src/main.rs, or a [[bin]].'
            : `Choose one with --build-cfg bin=NAME: ${names.join(', ')}.`,
      },
    );
  }
  if (names.includes(asked)) return { kind, name: asked };
  throw new TgError('build', `the plan has no ${kind === 'bin' ? 'program' : 'example'} "${asked}"`, {
    where: root,
    hint: didYouMean(asked, names, kind === 'bin' ? 'program' : 'example'),
  });
}
