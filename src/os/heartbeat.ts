import { randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  rmSync,
  type Stats,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { ownProcessId, type ProcessId, sightOf, whereabouts } from './process-id.ts';

/** How often, in ms, a heartbeat is written, and how old one may be whose owner is taken for alive. */
const beat = { everyMs: 2_000, freshMs: 30_000 };

/**
 * A file that says who owns what is beside it, written again and again until disposed of: who cannot see the owner (another
 * container, another host) sees by the file's time that it lives.
 */
export class Heartbeat implements Disposable {
  readonly #file: string;
  readonly #timer: NodeJS.Timeout;
  #record: string;

  constructor(file: string, about: Readonly<Record<string, unknown>> = {}) {
    this.#file = file;
    this.#record = recordOf(about);
    this.#write();
    this.#timer = setInterval(() => this.#write(), beat.everyMs).unref();
  }

  /** Writes at once what the owner says now. */
  tell(about: Readonly<Record<string, unknown>>): void {
    this.#record = recordOf(about);
    this.#write();
  }

  /**
   * By writing, not by utimes: on a network file system the server's clock tells the time then. What an instance has put in the
   * place of the file is removed.
   */
  #write(): void {
    try {
      // Before it is opened: to open a device may do something.
      const before = lstatSync(this.#file, { throwIfNoEntry: false });
      if (before !== undefined && !isOnlyHere(before)) removeFile(this.#file);
      const fd = openSync(this.#file, noLink, 0o644);
      try {
        if (!isOnlyHere(fstatSync(fd))) return;
        // In place: who reads it meanwhile sees all of it.
        writeSync(fd, this.#record, 0);
        ftruncateSync(fd, Buffer.byteLength(this.#record));
      } finally {
        closeSync(fd);
      }
    } catch {
      // A full disk, or a folder that is gone: the heartbeat stops, and its owner counts as unknown.
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    removeFile(this.#file);
  }
}

/** Whether it is a file that has no other name (a hard link), under which it is somebody else's. */
function isOnlyHere(stats: Stats): boolean {
  return stats.isFile() && stats.nlink === 1;
}

/** What cannot be removed grows old. */
function removeFile(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {}
}

const { O_WRONLY, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
const noLink = O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK;

function recordOf(about: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify({ owner: ownProcessId(), ...about })}\n`;
}

/**
 * What is known of the owner of a run, or of a lease.
 * - `lives`: it is seen from here, or its heartbeat is fresh.
 * - `gone`: for certain.
 * - `unknown`: it cannot be seen from here, and its heartbeat is old, or missing.
 */
export type OwnerState = 'lives' | 'gone' | 'unknown';

/** What is known of the owner that writes a heartbeat into a file. */
export function ownerStateOf(owner: ProcessId, file: string): OwnerState {
  const sight = sightOf(owner);
  if (sight === 'lives' || sight === 'gone') return sight;
  if (isFresh(file)) return 'lives';
  return sight === 'earlier-boot' ? 'gone' : 'unknown';
}

/** Where an owner is that cannot be seen from here, and when its heartbeat was written last, in words. */
export function unseenOwner(owner: ProcessId, file: string): string {
  const written = writtenAt(file);
  const when = written === undefined ? 'it has left no heartbeat' : `last heartbeat ${written.toISOString()}`;
  return `${whereabouts(owner)}, which cannot be seen from here; ${when}`;
}

/** Whether an owner that is not known to be gone cannot be seen from here. */
export function isUnseen(owner: ProcessId, standing: OwnerState): boolean {
  return standing !== 'gone' && sightOf(owner) !== 'lives';
}

/** Whether a heartbeat was written of late. */
export function isFresh(file: string): boolean {
  const written = writtenAt(file);
  return written !== undefined && Math.abs(nowAt(dirname(file)) - written.getTime()) < beat.freshMs;
}

/** By opening it: a client of a network file system then asks the server for the file's time. */
function writtenAt(file: string): Date | undefined {
  try {
    const fd = openSync(file, O_NOFOLLOW | O_NONBLOCK);
    try {
      const stats = fstatSync(fd);
      return stats.isFile() ? stats.mtime : undefined;
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  }
}

/** How far the clock of a file system is ahead of the local one, in ms, by folder. */
const ahead = new Map<string, number>();

/** The time by the clock of a folder's file system, as a file written beside the folder tells it; by the local one where nothing can be written. */
function nowAt(folder: string): number {
  const beside = dirname(folder);
  let ms = ahead.get(beside);
  if (ms === undefined) {
    ms = measureAhead(beside);
    ahead.set(beside, ms);
  }
  return Date.now() + ms;
}

function measureAhead(folder: string): number {
  const probe = join(folder, `.probe-${randomUUID()}`);
  try {
    writeFileSync(probe, '', { flag: 'wx' });
    const written = writtenAt(probe)?.getTime();
    return written === undefined ? 0 : written - Date.now();
  } catch {
    return 0;
  } finally {
    removeFile(probe);
  }
}
