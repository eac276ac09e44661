import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { textOrEmpty } from '../plain-file.ts';

/** The layout of Cargo's target folder: the traditional one and, since 2026, one folder per unit. */

/** A unit compiled by Cargo. */
interface Unit {
  /** The name of its package. */
  readonly package_: string;
  /** The folder with its fingerprint. */
  readonly fingerprint: string;
}

export async function unitsIn(targetDir: string): Promise<Unit[]> {
  const found = await Promise.all(
    (await profilesIn(targetDir)).map(async (profile) => {
      const before = (await foldersIn(join(profile, '.fingerprint'))).map((name) => ({
        package_: name.replace(/-[0-9a-f]{16}$/, ''),
        fingerprint: join(profile, '.fingerprint', name),
      }));
      const since = (await unitFolders(profile)).map(({ package_, folder }) => ({
        package_,
        fingerprint: join(folder, 'fingerprint'),
      }));
      return [...before, ...since.filter(({ fingerprint }) => existsSync(fingerprint))];
    }),
  );
  return found.flat();
}

/** The dep-info files, in which the compiler lists the inputs of units. */
export async function depInfosIn(targetDir: string): Promise<string[]> {
  const folders = await Promise.all(
    (await profilesIn(targetDir)).map(async (profile) => [
      join(profile, 'deps'),
      join(profile, 'examples'),
      ...(await unitFolders(profile)).map(({ folder }) => join(folder, 'out')),
    ]),
  );
  const files = folders.flat().map(async (folder) => {
    const names = await readdir(folder).catch(() => []);
    return names.filter((name) => name.endsWith('.d')).map((name) => join(folder, name));
  });
  return (await Promise.all(files)).flat();
}

/** The output of a build script. @param outDir the script's output folder. */
export async function saidByScript(outDir: string): Promise<string> {
  const unit = dirname(outDir);
  return (await textOrEmpty(join(unit, 'output'))) || (await textOrEmpty(join(unit, 'run', 'stdout')));
}

/** The folders of profiles: `release`, or `x86_64-unknown-linux-gnu/release`. */
async function profilesIn(targetDir: string): Promise<string[]> {
  const first = (await foldersIn(targetDir)).map((name) => join(targetDir, name));
  const second = await Promise.all(
    first.map(async (dir) => (await foldersIn(dir)).map((name) => join(dir, name))),
  );
  return [...first, ...second.flat()].filter(
    (dir) => existsSync(join(dir, '.fingerprint')) || existsSync(join(dir, '.cargo-lock')),
  );
}

/** `build/PACKAGE/HASH`. */
async function unitFolders(profile: string): Promise<{ package_: string; folder: string }[]> {
  const build = join(profile, 'build');
  const packages = await foldersIn(build);
  const units = packages.map(async (package_) =>
    (await foldersIn(join(build, package_)))
      .filter((name) => /^[0-9a-f]{16}$/.test(name))
      .map((name) => ({ package_, folder: join(build, package_, name) })),
  );
  return (await Promise.all(units)).flat();
}

async function foldersIn(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}
