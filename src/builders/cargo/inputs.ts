import { existsSync } from 'node:fs';
import { readFile, realpath } from 'node:fs/promises';
import { isAbsolute, join, normalize } from 'node:path';
import { ancestorsOf } from '../ancestors.ts';
import { textOrEmpty } from '../plain-file.ts';
import { isInside } from '../sources/inside.ts';
import { pathsIn } from '../sources/sources.ts';
import type { Input } from '../store/inputs.ts';
import { depInfosIn, saidByScript } from './layout.ts';
import type { BuiltPackage, CargoBuild } from './messages.ts';

interface Asked {
  readonly targetDir: string;
  readonly planDir: string;
  /** The folder of the home, which belongs to no package. */
  readonly home: string;
  /** Maps a path in the link tree to the original. */
  readonly originalOf: (path: string) => string;
  /** Whether a file is part of the key already. */
  readonly isCounted: (file: string) => boolean;
}

/**
 * The inputs of a build as reported by Cargo: sources, included files, requests of build scripts, packages,
 * variables.
 */
export async function cargoInputs(build: CargoBuild, asked: Asked): Promise<Input[]> {
  const local = build.packages.filter(({ isLocal }) => isLocal);
  const packages = local.flatMap((each) => packageInputs(each, asked));
  const folders = packages.filter(({ kind }) => kind === 'folder').map(({ name }) => name);
  const inFolders = await pathsIn(folders, asked.home);
  const isCounted = (file: string) => asked.isCounted(file) || inFolders.has(file);
  const scripts = await Promise.all(
    build.scripts.map((script) => readByScript(script, { ...asked, isCounted })),
  );
  const depInfo = await readFile(`${build.executable}.d`, 'utf8');
  const read = await Promise.all(pathsOf(depInfo).map((path) => fileInput(path, { ...asked, isCounted })));
  const inputs = [...read.flat(), ...packages, ...scripts.flat()];
  // Cargo runs such a script every time, so only the program shows whether its result changed.
  if (scripts.flat().some(({ kind }) => kind === 'result'))
    inputs.push({ kind: 'result', name: build.executable });
  return [
    ...inputs.filter(({ kind, name }) => kind !== 'result' || name === build.executable),
    ...(await variablesOf(build, asked)).map((name) => ({ kind: 'variable', name }) as const),
  ];
}

/** Parses the prerequisites of a make rule, as in Cargo's dep-info, where spaces are escaped. */
function pathsOf(depInfo: string): string[] {
  const [, prerequisites = ''] = /^(?:\\.|[^\\:\n])+:(.*)$/m.exec(depInfo) ?? [];
  return [...prerequisites.matchAll(/(?:\\.|[^\\\s])+/g)].map(([path]) => path.replaceAll(/\\(.)/g, '$1'));
}

/**
 * A file or folder that was read. A link counts under its own name, but `..` after a link refers to the parent of
 * its target, so such a path is resolved.
 */
async function fileInput(path: string, asked: Asked): Promise<Input[]> {
  const { targetDir, originalOf, isCounted } = asked;
  const original = originalOf(path);
  // Outputs of build scripts.
  if (isInside(targetDir, original)) return [];
  const plain = normalize(original);
  const [real, seeming] = await Promise.all(
    [original, plain].map((each) => realpath(each).catch(() => each)),
  );
  const name = real === undefined || real === seeming ? plain : real;
  return isCounted(name) ? [] : [{ kind: 'file', name }];
}

/**
 * The inputs of a local package: its whole folder or, if it surrounds the plan, its Cargo.toml and build script.
 * The Cargo.toml of a surrounding workspace counts too.
 */
function packageInputs({ folder }: BuiltPackage, { planDir, originalOf, isCounted }: Asked): Input[] {
  const name = originalOf(folder);
  const workspaceInputs = ancestorsOf(name)
    .map((each) => join(each, 'Cargo.toml'))
    .filter((file) => existsSync(file) && !isCounted(file))
    .map((file) => ({ kind: 'file', name: file }) as const);
  if (isCounted(join(name, 'Cargo.toml'))) return workspaceInputs;
  if (!isInside(name, planDir)) return [{ kind: 'folder', name }, ...workspaceInputs];
  const own = ['Cargo.toml', 'build.rs'].map((file) => ({ kind: 'file', name: join(name, file) }) as const);
  return [...own, ...workspaceInputs];
}

/**
 * The files that trigger a rerun of a build script; without any, its package.
 * @returns a result if Cargo reruns it every time, because it requests a missing file.
 */
async function readByScript(
  { package_, outDir }: CargoBuild['scripts'][number],
  asked: Asked,
): Promise<Input[]> {
  const said = await saidByScript(outDir);
  const paths = [...said.matchAll(/^cargo::?rerun-if-changed=(.+)$/gm)].map(([, path = '']) => path.trim());
  const { folder, isLocal } = package_;
  if (isLocal && paths.length === 0 && !/^cargo::?rerun-if-env-changed=/m.test(said)) {
    const name = asked.originalOf(folder);
    return name === asked.planDir || asked.isCounted(join(name, 'Cargo.toml'))
      ? []
      : [{ kind: 'folder', name }];
  }
  const inputs = await Promise.all(
    paths.map(async (path): Promise<Input[]> => {
      // The files of a published package do not change.
      if (!isLocal && (!isAbsolute(path) || isInside(folder, path))) return [];
      const place = isAbsolute(path) ? path : `${folder}/${path}`;
      if (isLocal && !existsSync(place)) return [{ kind: 'result', name: place }];
      return await fileInput(place, asked);
    }),
  );
  return inputs.flat();
}

/** Published packages whose build scripts read files outside of the package. */
export async function packagesThatLookOutside({ scripts }: CargoBuild): Promise<BuiltPackage[]> {
  const looking = await Promise.all(
    scripts.map(async ({ package_, outDir }) => {
      const said = await saidByScript(outDir);
      const isLooking = [...said.matchAll(/^cargo::?rerun-if-changed=(\/.+)$/gm)].some(
        ([, path = '']) => !isInside(package_.folder, path),
      );
      return isLooking && !package_.isLocal ? [package_] : [];
    }),
  );
  return looking.flat();
}

/** The variables read by sources (`env!`) and build scripts, in any build in the same folder. */
async function variablesOf({ scripts }: CargoBuild, { targetDir }: Asked): Promise<string[]> {
  const names = new Set<string>();
  const add = (text: string, pattern: RegExp) => {
    for (const [, name = ''] of text.matchAll(pattern)) names.add(name.trim());
  };
  for (const info of await depInfosIn(targetDir)) add(await textOrEmpty(info), /^# env-dep:([^=\n]+)/gm);
  for (const { outDir } of scripts) add(await saidByScript(outDir), /^cargo::?rerun-if-env-changed=(.+)$/gm);
  // Cargo sets these itself.
  const own =
    /^(?:CARGO(?:_(?:PKG|MANIFEST|BIN|CRATE|PRIMARY|CFG|FEATURE)_?.*)?|OUT_DIR|TARGET|HOST|PROFILE|NUM_JOBS|OPT_LEVEL|DEBUG)$/;
  return [...names].filter((name) => !own.test(name));
}
