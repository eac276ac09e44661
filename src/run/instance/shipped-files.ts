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

/** A file or folder of a plan is copied to where each instance works up to this size, and up to so much together. */
const most = { bytes: 1024 * 1024, files: 200, totalBytes: 8 * 1024 * 1024 };

/** Something small that each instance gets a copy of; parents come before what is in them. */
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
/** What a builder made beside the plan's files: exec:node's bundle. */
const generated = /\.tg\.[cm]js$/;

/**
 * What a plan ships, as each instance finds it in its working directory: small files and folders as a copy of its own, read
 * once; large ones as a link to the artifact, shared by all.
 */
export interface ShippedFiles {
  /** What is linked, by its name in the plan's folder. */
  readonly linked: readonly string[];
  provide(dir: string): void;
}

export function readShippedFiles(artifactDir: string): ShippedFiles {
  const copied: Part[] = [];
  const linked: string[] = [];
  const modules: string[] = [];
  let left = most.totalBytes;
  for (const name of readdirSync(artifactDir)) {
    const bytes = Math.min(most.bytes, left);
    const room = { bytes, files: most.files };
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
      // One that forbids writing gets what is in it first.
      for (const { path, mode } of folders) chmodSync(join(dir, path), mode);
    },
  };
}

function provide(part: Part, path: string): void {
  if (part.kind === 'folder') mkdirSync(path);
  else if (part.kind === 'link') symlinkSync(part.target, path);
  else {
    writeFileSync(path, part.content, { mode: part.mode });
    // The umask is that of tg: the mode is the plan's.
    chmodSync(path, part.mode);
  }
}

/** How much more may be copied. */
interface Room {
  bytes: number;
  files: number;
}

/** A file or folder of an artifact in parts. @returns undefined for what is larger than the room. */
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

/** Where a link leads; one to what is beside the plan in the artifact leads there from everywhere. */
function targetOf(dir: string, path: string): string {
  const target = readlinkSync(join(dir, path));
  const place = resolve(dir, dirname(path), target);
  return isInside(dir, place) ? target : place;
}
