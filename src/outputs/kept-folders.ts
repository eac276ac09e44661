import { chmodSync, lstatSync, mkdirSync, type Stats } from 'node:fs';
import { basename, dirname } from 'node:path';
import { isSame, kindOf, setAside, whatIsAt } from './untrusted-file.ts';

/** The permissions that the owner needs to work in a folder. */
const ownersMode = 0o700;

interface Kept {
  readonly path: string;
  readonly made: Stats;
}

/**
 * Creates an instance's folder and its two parents if they are missing.
 * @param path `<run>/<group>/<instance>`.
 * @throws Error if one of them is something else, for instance a link.
 */
export function makeFolders(path: string): KeptFolders {
  const chain = [dirname(dirname(path)), dirname(path), path];
  return new KeptFolders(chain.map((folder) => ({ path: folder, made: madeAt(folder) })));
}

/** An instance's folder and its two parents, as they were created. Instances can replace them. */
export class KeptFolders {
  readonly #folders: readonly Kept[];

  /** @param folders the outermost first. */
  constructor(folders: readonly Kept[]) {
    this.#folders = folders;
  }

  /**
   * Recreates missing folders and restores the owner's permissions. Anything that is not a folder is renamed.
   * @returns descriptions of what was repaired.
   * @throws the system's error if they cannot be created.
   */
  putBack(): string[] {
    return this.#folders.flatMap((folder) => putBackOne(folder) ?? []);
  }
}

function madeAt(path: string): Stats {
  if (whatIsAt(path) === undefined) mkdirSync(path, { recursive: true });
  const made = lstatSync(path);
  if (!made.isDirectory()) throw new Error(`${path} is ${kindOf(made)}, not a folder`);
  return made;
}

function putBackOne({ path, made }: Kept): string | undefined {
  const there = whatIsAt(path);
  if (there?.isDirectory()) {
    if ((there.mode & ownersMode) !== ownersMode) chmodSync(path, (there.mode & 0o7777) | ownersMode);
    return isSame(there, made) ? undefined : `the folder ${basename(path)} of its outputs was replaced`;
  }
  const aside = setAside(path);
  mkdirSync(path, { recursive: true });
  return aside === undefined
    ? `the folder ${basename(path)} of its outputs was removed or moved away`
    : `the folder ${basename(path)} of its outputs was replaced; the replacement was moved to ${aside}`;
}
