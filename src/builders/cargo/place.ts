import { existsSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildSpec } from '../../plan/run-spec.ts';
import { TgError } from '../../util/errors.ts';
import { textOrEmpty } from '../plain-file.ts';
import { isInside } from '../sources/inside.ts';
import { digestOf } from '../sources/sources.ts';
import { isAtLeast } from './toolchain.ts';
import { mirror } from './tree.ts';

/** Where Cargo builds, and how: it must not write a lock file into the plan's folder. */
export interface CargoPlace {
  readonly dir: string;
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The tree of links around the plan in which Cargo works; undefined where it works in the plan itself. */
  readonly tree: string | undefined;
}

/** The original of a path in a tree of links; the path itself elsewhere. */
export function originalOf({ tree }: Pick<CargoPlace, 'tree'>, path: string): string {
  return tree !== undefined && isInside(tree, path) ? path.slice(tree.length) || '/' : path;
}

interface PlaceRequest {
  readonly root: string;
  readonly workspaceRoot: string;
  readonly spec: BuildSpec;
  /** Where what Cargo compiles is kept, by its real path. */
  readonly targetDir: string;
  /** The folder of the home. */
  readonly home: string;
  /** Of Cargo: `1.95.0`. */
  readonly version: string;
}

const lockFile = 'Cargo.lock';

/** Where the plan lies, with its lock file as it is; undefined where there is none, or it cannot stay as it is. */
export function placeWithLock({ root, workspaceRoot, spec }: PlaceRequest): CargoPlace | undefined {
  if (replacementsIn(spec).length > 0 || !existsSync(join(workspaceRoot, lockFile))) return undefined;
  return { dir: root, flags: ['--locked'], env: {}, tree: undefined };
}

/**
 * A place in which the lock file is one that tg keeps: a copy of the plan's, where it has one, with what is missing. A Cargo
 * that can be told where it is works where the plan lies; an older one in a tree of links around the plan.
 */
export async function placeWithOwnLock(request: PlaceRequest): Promise<CargoPlace> {
  const { root, workspaceRoot, spec, targetDir, home, version } = request;
  const flags = replacementsIn(spec).flatMap(({ crate, folder }) => [
    '--config',
    `patch.crates-io.${crate}.path=${JSON.stringify(folder)}`,
  ]);
  const own = await ownLock(join(workspaceRoot, lockFile), targetDir);
  if (isAtLeast(version, '1.97')) {
    return { dir: root, flags, env: { CARGO_RESOLVER_LOCKFILE_PATH: own }, tree: undefined };
  }
  const tree = join(targetDir, 'tg-tree');
  await mirror(tree, {
    folders: [root, workspaceRoot],
    instead: { file: join(workspaceRoot, lockFile), by: own },
    except: home,
  });
  return { dir: join(tree, root), flags, env: {}, tree };
}

/** The lock file that tg keeps, made from what the plan's is now: as Cargo's own, it is kept from build to build. */
async function ownLock(original: string, targetDir: string): Promise<string> {
  const folder = join(targetDir, `tg-lock-${digestOf([await textOrEmpty(original)])}`);
  const own = join(folder, lockFile);
  await mkdir(folder, { recursive: true });
  if (!existsSync(own) && existsSync(original)) await copyFile(original, own);
  return own;
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
