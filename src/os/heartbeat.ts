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

/** How often, in ms, a heartbeat is written, and the age up to which its owner counts as alive. */
const beat = { everyMs: 2_000, freshMs: 30_000 };

/**
 * A file that names the owner of the files beside it, rewritten until disposed of. Processes that cannot see the owner
 * (in another container, on another host) tell from the file's time that it is alive.
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

  /** Writes a new record at once. */
  update(about: Readonly<Record<string, unknown>>): void {
    this.#record = recordOf(about);
    this.#write();
  }

  /**
   * Writes the file instead of calling utimes: on a network file system the server's clock then sets the time. Removes
   * anything that an instance has put at the path.
   */
  #write(): void {
    try {
      // Checked before opening: opening a device may have side effects.
      const before = lstatSync(this.#file, { throwIfNoEntry: false });
      if (before !== undefined && !isOnlyHere(before)) removeFile(this.#file);
      const fd = openSync(this.#file, noLink, 0o644);
      try {
        if (!isOnlyHere(fstatSync(fd))) return;
        // In place: concurrent readers see the whole record.
        writeSync(fd, this.#record, 0);
        ftruncateSync(fd, Buffer.byteLength(this.#record));
      } finally {
        closeSync(fd);
      }
    } catch {
      // A full disk, or a missing folder: the heartbeat stops, and its owner counts as unknown.
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    removeFile(this.#file);
  }
}

/** Whether the file has no other hard link: such a link may belong to something else. */
function isOnlyHere(stats: Stats): boolean {
  return stats.isFile() && stats.nlink === 1;
}

/** A file that cannot be removed becomes stale. */
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
 * The state of the owner of a run or a lease.
 * - `lives`: it is visible from here, or its heartbeat is fresh.
 * - `gone`: it has certainly exited.
 * - `unknown`: it is not visible from here, and its heartbeat is stale or missing.
 */
export type OwnerState = 'lives' | 'gone' | 'unknown';

/** The state of the owner that writes a heartbeat file. */
export function ownerStateOf(owner: ProcessId, file: string): OwnerState {
  const sight = sightOf(owner);
  if (sight === 'lives' || sight === 'gone') return sight;
  if (isFresh(file)) return 'lives';
  return sight === 'earlier-boot' ? 'gone' : 'unknown';
}

/** Describes where an owner runs that is not visible from here, and when it last wrote its heartbeat. */
export function unseenOwner(owner: ProcessId, file: string): string {
  const written = writtenAt(file);
  const when = written === undefined ? 'it has left no heartbeat' : `last heartbeat ${written.toISOString()}`;
  return `${whereabouts(owner)}, which cannot be seen from here; ${when}`;
}

/** Whether an owner that is not known to be gone is not visible from here. */
export function isUnseen(owner: ProcessId, ownerState: OwnerState): boolean {
  return ownerState !== 'gone' && sightOf(owner) !== 'lives';
}

/** Whether a heartbeat was written recently. */
export function isFresh(file: string): boolean {
  const written = writtenAt(file);
  return written !== undefined && Math.abs(nowAt(dirname(file)) - written.getTime()) < beat.freshMs;
}

/** Opens the file: a client of a network file system then asks the server for the file's time. */
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

/**
 * The time by the clock of a folder's file system, measured with a file written next to the folder; the local time if
 * nothing can be written there.
 */
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
