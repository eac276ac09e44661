import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { CargoBuild } from './cargo-messages.ts';
import type { Input } from './inputs.ts';
import { textOf } from './plain-file.ts';

interface Asked {
  /** Where Cargo was. */
  readonly dir: string;
  /** The file of which one that Cargo names may be a copy. */
  readonly originalOf: (file: string) => string;
  /** Whether a file counts for the key already. */
  readonly isCounted: (file: string) => boolean;
}

/** What Cargo says that a build has read: sources, what they include, what build scripts asked for, packages, variables. */
export async function cargoInputs(
  build: CargoBuild,
  { dir, originalOf, isCounted }: Asked,
): Promise<Input[]> {
  const depInfo = await readFile(`${build.executable}.d`, 'utf8');
  const read = pathsOf(depInfo).map((path) => originalOf(resolve(dir, path)));
  const folders = build.local.map(({ folder }) => originalOf(folder));
  return [
    ...read.filter((path) => !isCounted(path)).map((name) => ({ kind: 'file', name }) as const),
    // Its Cargo.toml counts, and whatever its build script looks at.
    ...folders
      .filter((folder) => !isCounted(join(folder, 'Cargo.toml')))
      .map((name) => ({ kind: 'folder', name }) as const),
    ...(await variablesOf(build)).map((name) => ({ kind: 'variable', name }) as const),
  ];
}

/** The prerequisites of a rule of make, as in Cargo's dep-info: spaces in names are escaped. */
function pathsOf(depInfo: string): string[] {
  const [, prerequisites = ''] = /^(?:\\.|[^\\:\n])+:(.*)$/m.exec(depInfo) ?? [];
  return [...prerequisites.matchAll(/(?:\\.|[^\\\s])+/g)].map(([path]) => path.replaceAll(/\\(.)/g, '$1'));
}

/** The variables that sources (`env!`) and build scripts have asked for, of whatever build in the same folder. */
async function variablesOf({ executable, scripts }: CargoBuild): Promise<string[]> {
  const below = dirname(executable);
  const profile = basename(below) === 'examples' ? dirname(below) : below;
  const deps = join(profile, 'deps');
  const infos = (await readdir(deps).catch(() => [])).filter((name) => name.endsWith('.d'));
  const names = new Set<string>();
  for (const info of infos) {
    for (const [, name = ''] of (await textOf(join(deps, info))).matchAll(/^# env-dep:([^=\n]+)/gm))
      names.add(name);
  }
  for (const script of scripts) {
    const said = await textOf(join(script, 'output'));
    for (const [, name = ''] of said.matchAll(/^cargo::?rerun-if-env-changed=(.+)$/gm))
      names.add(name.trim());
  }
  // Cargo sets these itself.
  return [...names].filter((name) => !/^(CARGO_(PKG|MANIFEST|BIN|CRATE|PRIMARY)_?.*|OUT_DIR)$/.test(name));
}
