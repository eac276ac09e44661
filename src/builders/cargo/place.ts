import { existsSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildSpec } from '../../plan/run-spec.ts';
import { TgError } from '../../util/errors.ts';
import { textOrEmpty } from '../plain-file.ts';
import { isInside } from '../sources/inside.ts';
import { digestOf } from '../sources/sources.ts';
import { mirror } from './link-tree.ts';
import { isAtLeast } from './toolchain.ts';

/** Where and how Cargo builds without writing a lock file into the plan's folder. */
export interface CargoPlace {
  readonly dir: string;
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The link tree around the plan in which Cargo works; undefined if it works in the plan itself. */
  readonly tree: string | undefined;
}

/** Maps a path in a link tree to the original; returns other paths unchanged. */
export function originalOf({ tree }: Pick<CargoPlace, 'tree'>, path: string): string {
  return tree !== undefined && isInside(tree, path) ? path.slice(tree.length) || '/' : path;
}

interface PlaceRequest {
  readonly root: string;
  readonly workspaceRoot: string;
  readonly spec: BuildSpec;
  /** Cargo's target folder, by its real path. */
  readonly targetDir: string;
  /** The folder of the home. */
  readonly home: string;
  /** Cargo's version: `1.95.0`. */
  readonly version: string;
}

const lockFile = 'Cargo.lock';

/** The place that uses the plan's own lock file; undefined if there is none, or it would have to change. */
export function placeWithLock({ root, workspaceRoot, spec }: PlaceRequest): CargoPlace | undefined {
  if (replacementsIn(spec).length > 0 || !existsSync(join(workspaceRoot, lockFile))) return undefined;
  return { dir: root, flags: ['--locked'], env: {}, tree: undefined };
}

/**
 * A place with a lock file kept by tg: a copy of the plan's, if it has one, completed by Cargo. A Cargo that
 * accepts the path of a lock file works in the plan's folder; an older one in a link tree around the plan.
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

/**
 * The lock file kept by tg, derived from the plan's current one. It persists from build to build, as Cargo's own
 * does.
 */
async function ownLock(original: string, targetDir: string): Promise<string> {
  const folder = join(targetDir, `tg-lock-${digestOf([await textOrEmpty(original)])}`);
  const own = join(folder, lockFile);
  await mkdir(folder, { recursive: true });
  if (!existsSync(own) && existsSync(original)) await copyFile(original, own);
  return own;
}

/** The folders that replace crates. @throws TgError (usage) if one is not a folder. */
export function replacementsIn({ dependencies, linkSdk }: BuildSpec): { crate: string; folder: string }[] {
  const asked = dependencies.map(({ module, target, version }) => {
    if (target === undefined || version !== undefined) {
      throw new TgError('usage', `exec:rust can replace "${module}" only with a folder`, {
        where: '--dep',
        hint: `For instance --dep ${module}=../${module}. Another version belongs in the plan’s Cargo.toml.`,
      });
    }
    return { crate: module, folder: target };
  });
  return linkSdk === undefined ? asked : [...asked, { crate: 'testground', folder: linkSdk }];
}
