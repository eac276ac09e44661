import { readdir, readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import * as z from 'zod';
import type { Input } from '../store/inputs.ts';
import { filesInCFlags, includedBy, includeFolders } from './c-includes.ts';
import type { GoPackage } from './list.ts';
import { pkgConfigOf, type RunPkgConfig } from './pkg-config.ts';

/** What a build reads of the packages that a program is built of. */
export interface GoInputs {
  /** What does not count for the key already. */
  readonly inputs: readonly Input[];
  /** What Go reads of packages without knowing it, so that its cache takes a package for unchanged. */
  readonly untracked: readonly Untracked[];
}

/** Files that a package includes, and that are none of its own. */
export interface Untracked {
  readonly package: GoPackage;
  readonly files: readonly string[];
  /** What pkg-config says. */
  readonly flags: readonly string[];
}

interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  /** The flags for C of the environment and of Go's own file. */
  readonly flags: readonly string[];
  readonly runPkgConfig: RunPkgConfig;
  /** Whether a file counts for the key already. */
  readonly isCounted: (file: string) => boolean;
  /** Whether a file would count if it came there. */
  readonly isWithin: (file: string) => boolean;
}

/** What is read of packages, as `go list` says, and as their sources in C include it. */
export async function goInputs(
  packages: readonly GoPackage[],
  surroundings: Surroundings,
): Promise<GoInputs> {
  const inputs: Input[] = [];
  const untracked: Untracked[] = [];
  for (const each of packages) {
    inputs.push(...(await filesOf(each, surroundings)));
    const { files, lacking, linked, flags, others: more } = await foreignFilesOf(each, surroundings);
    if (files.length > 0 && each.name !== '') untracked.push({ package: each, files, flags });
    inputs.push(...more);
    const [others, lacked] = [[...files, ...linked], lacking.filter((file) => !surroundings.isWithin(file))];
    inputs.push(...filesFrom(others.filter((file) => !surroundings.isCounted(file))), ...filesFrom(lacked));
  }
  return { inputs, untracked };
}

function filesFrom(names: readonly string[]): Input[] {
  return names.map((name) => ({ kind: 'file', name }));
}

/** The files in a package's folder, its embedded files, and the go.mod of its module. */
async function filesOf({ dir, goMod, embedded }: GoPackage, { isCounted }: Surroundings): Promise<Input[]> {
  const beside = await readdir(dir, { withFileTypes: true }).catch(() => []);
  // The go.mod that the build had counts as it is.
  const own = beside.filter((entry) => !entry.isDirectory() && entry.name !== 'go.mod');
  const files = own.map(({ name }) => join(dir, name)).filter((file) => !isCounted(file));
  const far = embedded.filter((file) => !isCounted(file));
  // A file that comes to a folder belongs to the package, or to a folder that it embeds, too.
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

/** The folder of a file, and those above it up to another. */
function foldersOf(file: string, top: string): string[] {
  const parts = relative(top, dirname(file)).split('/');
  return parts.map((_, at) => join(top, ...parts.slice(0, at + 1)));
}

async function foreignFilesOf(each: GoPackage, { env, flags, runPkgConfig }: Surroundings) {
  if (each.foreign.length === 0) return { files: [], lacking: [], linked: [], flags: [], others: [] };
  const pkgConfig = await pkgConfigOf(each.pkgConfig, runPkgConfig, env);
  const all = [...each.cFlags, ...pkgConfig.cFlags, ...flags];
  const forced = filesInCFlags(all, each.dir);
  const { files, lacking } = await includedBy(
    [...each.foreign, ...forced],
    // As cgo has it: the package's own folder comes first.
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

/** The files that flags of Go name: an overlay and what it puts in place, a profile. */
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

/** What an overlay puts in the place of files; nothing where it cannot be read: Go says what is wrong with it. */
export async function readOverlay(file: string): Promise<Readonly<Record<string, string>>> {
  try {
    return overlaySchema.parse(JSON.parse(await readFile(file, 'utf8'))).Replace;
  } catch {
    return {};
  }
}
