import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isInside } from '../../builders/sources/inside.ts';

/**
 * Size limits for copying a plan's file or folder for each instance: bytes and files of one, and bytes of all
 * together.
 */
const limits = { bytes: 1024 * 1024, files: 200, totalBytes: 8 * 1024 * 1024 };

/** A small part of a plan that each instance gets a copy of; parents come before their contents. */
type Part = Folder | File | Link;

interface Folder {
  readonly kind: 'folder';
  readonly path: string;
  readonly mode: number;
}

interface File {
  readonly kind: 'file';
  readonly path: string;
  readonly mode: number;
  readonly content: Buffer;
}

interface Link {
  readonly kind: 'link';
  readonly path: string;
  readonly target: string;
}

const modulesFolder = 'node_modules';
/** Files that a builder generates beside the plan's: the bundle of exec:node. */
const generated = /\.tg\.[cm]js$/;

/**
 * A plan's files, as each instance finds them in its working directory: small ones are copied and read only once;
 * large ones are links to the shared artifact.
 */
export interface ShippedFiles {
  /** The names of linked files and folders in the plan's folder. */
  readonly linked: readonly string[];
  provide(dir: string): void;
}

export function readShippedFiles(artifactDir: string): ShippedFiles {
  const copied: Part[] = [];
  const linked: string[] = [];
  const modules: string[] = [];
  let left = limits.totalBytes;
  for (const name of readdirSync(artifactDir)) {
    const bytes = Math.min(limits.bytes, left);
    const room = { bytes, files: limits.files };
    const parts = name === modulesFolder ? undefined : partsOf(artifactDir, name, room);
    if (parts === undefined) (name === modulesFolder ? modules : linked).push(name);
    else {
      left -= bytes - room.bytes;
      copied.push(...parts);
    }
  }
  const folders = copied.filter((part) => part.kind === 'folder');
  return {
    linked,
    provide(dir) {
      for (const name of [...linked, ...modules]) symlinkSync(join(artifactDir, name), join(dir, name));
      for (const part of copied) provide(part, join(dir, part.path));
      // Modes are set last: a read-only folder must be filled first.
      for (const { path, mode } of folders) chmodSync(join(dir, path), mode);
    },
  };
}

function provide(part: Part, path: string): void {
  if (part.kind === 'folder') mkdirSync(path);
  else if (part.kind === 'link') symlinkSync(part.target, path);
  else {
    writeFileSync(path, part.content, { mode: part.mode });
    // The umask of tg must not change the plan's mode.
    chmodSync(path, part.mode);
  }
}

/** The remaining budget for copies. */
interface Room {
  bytes: number;
  files: number;
}

/**
 * The parts of a file or folder of an artifact.
 * @returns undefined if it exceeds the budget.
 */
function partsOf(dir: string, path: string, room: Room): Part[] | undefined {
  const there = lstatSync(join(dir, path));
  const mode = there.mode & 0o777;
  if (generated.test(path)) return [];
  if (there.isSymbolicLink()) return [{ kind: 'link', path, target: targetOf(dir, path) }];
  if (there.isDirectory()) {
    const parts: Part[] = [{ kind: 'folder', path, mode }];
    for (const name of readdirSync(join(dir, path))) {
      const inside = partsOf(dir, join(path, name), room);
      if (inside === undefined) return undefined;
      parts.push(...inside);
    }
    return parts;
  }
  if (!there.isFile()) return [];
  room.bytes -= there.size;
  room.files--;
  if (room.bytes < 0 || room.files < 0) return undefined;
  return [{ kind: 'file', path, mode, content: readFileSync(join(dir, path)) }];
}

/** The target of a link; made absolute if it leads out of the plan's folder, so that it works from anywhere. */
function targetOf(dir: string, path: string): string {
  const target = readlinkSync(join(dir, path));
  const place = resolve(dir, dirname(path), target);
  return isInside(dir, place) ? target : place;
}
