import { existsSync } from 'node:fs';
import { mkdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { parse, stringify } from 'smol-toml';
import { TgError } from '../errors.ts';
import type { BuildSpec } from '../plan/run-spec.ts';
import type { CargoPackage } from './cargo-package.ts';
import { textOf } from './plain-file.ts';
import { copySources, listSources } from './sources.ts';

/** Where Cargo is to build, and how: it must not write a lock file into the plan's folder. */
export interface CargoPlace {
  readonly dir: string;
  readonly flags: readonly string[];
  /** Whether the program depends on a package; to be asked after the build. */
  dependsOn(name: string): Promise<boolean>;
  /** The file of the plan, or beside it, of which this one may be a copy. */
  originalOf(file: string): string;
  /** Removes what was made for the build. */
  leave(): Promise<void>;
}

interface PlaceRequest {
  readonly root: string;
  readonly package_: CargoPackage;
  readonly spec: BuildSpec;
  /** A folder that may be made. */
  readonly scratch: string;
}

const lockFile = 'Cargo.lock';

/**
 * Where the plan lies if it has a lock file that is to stay as it is; a copy otherwise, in which Cargo may write one.
 */
export async function placeForCargo({ root, package_, spec, scratch }: PlaceRequest): Promise<CargoPlace> {
  const patches = replacementsIn(spec).flatMap(({ crate, folder }) => [
    '--config',
    `patch.crates-io.${crate}.path=${JSON.stringify(folder)}`,
  ]);
  const { workspaceRoot } = package_;
  if (patches.length === 0 && existsSync(join(workspaceRoot, lockFile))) {
    return placeAt(root, workspaceRoot, ['--locked'], { originalOf: (file) => file, leave: async () => {} });
  }
  const copy = join(scratch, 'workspace');
  await mkdir(copy, { recursive: true });
  await copySources(workspaceRoot, copy, await listSources(workspaceRoot));
  await anchorPaths(workspaceRoot, copy);
  // Cargo names files by their real paths.
  const realCopy = await realpath(copy);
  return placeAt(join(copy, relative(workspaceRoot, root)), copy, patches, {
    originalOf(file) {
      const below = relative(realCopy, file);
      return below.startsWith('..') ? file : join(workspaceRoot, below);
    },
    leave: () => rm(scratch, { recursive: true, force: true }),
  });
}

function placeAt(
  dir: string,
  workspaceRoot: string,
  flags: readonly string[],
  rest: Pick<CargoPlace, 'originalOf' | 'leave'>,
): CargoPlace {
  return {
    ...rest,
    dir,
    flags,
    async dependsOn(name) {
      const lock = await textOf(join(workspaceRoot, lockFile));
      return new RegExp(`^name = "${name}"$`, 'm').test(lock);
    },
  };
}

/** The folders that are put in the place of crates. @throws TgError (usage) for what is no folder. */
export function replacementsIn({ dependencies, linkSdk }: BuildSpec): { crate: string; folder: string }[] {
  const asked = dependencies.map(({ module, target, version }) => {
    if (target === undefined || version !== undefined) {
      throw new TgError('usage', `exec:rust can put a folder only in the place of "${module}"`, {
        where: '--dep',
        hint: `For instance --dep ${module}=../${module}. Another version belongs in the plan’s Cargo.toml.`,
      });
    }
    return { crate: module, folder: target };
  });
  return linkSdk === undefined ? asked : [...asked, { crate: 'testground', folder: linkSdk }];
}

/** Dependencies that lie outside what was copied are named by their absolute path. */
async function anchorPaths(from: string, copy: string): Promise<void> {
  for (const { path } of (await listSources(copy)).filter(({ path }) => /(^|\/)Cargo\.toml$/.test(path))) {
    const file = join(copy, path);
    const manifest = parse(await readFile(file, 'utf8'));
    const original = resolve(from, path, '..');
    if (anchor(manifest, original, from)) await writeFile(file, stringify(manifest));
  }
}

/** @returns whether anything was changed. */
function anchor(table: Record<string, unknown>, folder: string, root: string): boolean {
  let changed = false;
  for (const [key, value] of Object.entries(table)) {
    if (key === 'path' && typeof value === 'string') {
      const place = resolve(folder, value);
      if (!relative(root, place).startsWith('..')) continue;
      table[key] = place;
      changed = true;
    } else if (typeof value === 'object' && value !== null && !(value instanceof Date)) {
      changed = anchor(value as Record<string, unknown>, folder, root) || changed;
    }
  }
  return changed;
}
