import { readdir, readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import * as z from 'zod';
import type { Input } from '../store/inputs.ts';
import { filesInCFlags, includedBy, includeFolders } from './c-includes.ts';
import type { GoPackage } from './list.ts';
import { pkgConfigOf, type RunPkgConfig } from './pkg-config.ts';

/** The inputs of a build from the packages of a program. */
export interface GoInputs {
  /** The inputs that are not part of the key already. */
  readonly inputs: readonly Input[];
  /** Inputs that Go does not track, so that its cache would consider a package unchanged. */
  readonly untracked: readonly Untracked[];
}

/** Files outside of a package that it includes. */
export interface Untracked {
  readonly package: GoPackage;
  readonly files: readonly string[];
  /** The flags from pkg-config. */
  readonly flags: readonly string[];
}

interface InputsContext {
  readonly env: NodeJS.ProcessEnv;
  /** The C flags from the environment and Go's own configuration file. */
  readonly flags: readonly string[];
  readonly runPkgConfig: RunPkgConfig;
  /** Whether a file is part of the key already. */
  readonly isCounted: (file: string) => boolean;
  /** Whether a file would be part of the key if it were created. */
  readonly isWithin: (file: string) => boolean;
}

/** The inputs of packages, from `go list` and the includes of their C sources. */
export async function goInputs(packages: readonly GoPackage[], context: InputsContext): Promise<GoInputs> {
  const inputs: Input[] = [];
  const untracked: Untracked[] = [];
  for (const each of packages) {
    inputs.push(...(await filesOf(each, context)));
    const { files, lacking, linked, flags, others: more } = await foreignFilesOf(each, context);
    if (files.length > 0 && each.name !== '') untracked.push({ package: each, files, flags });
    inputs.push(...more);
    const [others, lacked] = [[...files, ...linked], lacking.filter((file) => !context.isWithin(file))];
    inputs.push(...filesFrom(others.filter((file) => !context.isCounted(file))), ...filesFrom(lacked));
  }
  return { inputs, untracked };
}

function filesFrom(names: readonly string[]): Input[] {
  return names.map((name) => ({ kind: 'file', name }));
}

/** The files in a package's folder, its embedded files, and the go.mod of its module. */
async function filesOf({ dir, goMod, embedded }: GoPackage, { isCounted }: InputsContext): Promise<Input[]> {
  const beside = await readdir(dir, { withFileTypes: true }).catch(() => []);
  // The go.mod counts as it was for the build.
  const own = beside.filter((entry) => !entry.isDirectory() && entry.name !== 'go.mod');
  const files = own.map(({ name }) => join(dir, name)).filter((file) => !isCounted(file));
  const far = embedded.filter((file) => !isCounted(file));
  // A file created in a folder also belongs to the package, or to an embedded folder.
  const folders = new Set([
    ...(files.length > 0 ? [dir] : []),
    ...far.flatMap((file) => foldersOf(file, dir)),
  ]);
  const mods = files.length > 0 && goMod !== undefined && !isCounted(goMod) ? [goMod] : [];
  return [
    ...[...folders].map((name) => ({ kind: 'listing', name }) as const),
    ...filesFrom([...new Set([...files, ...far, ...mods])]),
  ];
}

/** The ancestor folders of a file, up to `top`. */
function foldersOf(file: string, top: string): string[] {
  const parts = relative(top, dirname(file)).split('/');
  return parts.map((_, at) => join(top, ...parts.slice(0, at + 1)));
}

async function foreignFilesOf(each: GoPackage, { env, flags, runPkgConfig }: InputsContext) {
  if (each.foreign.length === 0) return { files: [], lacking: [], linked: [], flags: [], others: [] };
  const pkgConfig = await pkgConfigOf(each.pkgConfig, runPkgConfig, env);
  const all = [...each.cFlags, ...pkgConfig.cFlags, ...flags];
  const forced = filesInCFlags(all, each.dir);
  const { files, lacking } = await includedBy(
    [...each.foreign, ...forced],
    // As in cgo, the package's own folder comes first.
    [each.dir, ...includeFolders(all, env, each.dir)],
  );
  const linked = filesInCFlags([...each.linkFlags, ...pkgConfig.linkFlags], each.dir);
  return {
    files: [...new Set([...forced, ...files, ...pkgConfig.files])],
    ...{ lacking, linked, others: pkgConfig.others },
    flags: [...pkgConfig.cFlags, ...pkgConfig.linkFlags],
  };
}

const overlaySchema = z.looseObject({ Replace: z.record(z.string(), z.string()) });

/** The files named by flags of Go: an overlay with its replacements, and a profile. */
export async function filesInFlags(flags: string, dir: string): Promise<string[]> {
  const named = [...flags.matchAll(/-(overlay|pgo)[= ]["']?([^\s'"]+)/g)];
  const files: string[] = [];
  for (const [, flag, name = ''] of named) {
    const file = isAbsolute(name) ? name : resolve(dir, name);
    files.push(file);
    if (flag === 'overlay')
      files.push(...Object.values(await readOverlay(file)).map((path) => resolve(dir, path)));
  }
  return files;
}

/** The replacements of an overlay; empty if it cannot be read, which Go reports. */
export async function readOverlay(file: string): Promise<Readonly<Record<string, string>>> {
  try {
    return overlaySchema.parse(JSON.parse(await readFile(file, 'utf8'))).Replace;
  } catch {
    return {};
  }
}
