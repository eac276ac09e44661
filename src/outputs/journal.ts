import { closeSync, readSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { nowMs } from '../os/clock.ts';
import { type OwnerState, ownerStateOf } from '../os/heartbeat.ts';
import type { ProcessId } from '../os/process-id.ts';
import { processIdSchema } from '../os/process-id-schema.ts';
import { messageOf } from '../util/errors.ts';
import { KeptFile } from './kept-file.ts';
import { runFiles } from './layout.ts';
import { openRegular } from './untrusted-file.ts';

/** More bytes than so many do not wait for room on the disk. */
const mostPending = 1024 * 1024;

/** A run's append-only record, one JSON object a line. It never holds the environment of an instance. */
export class Journal implements Disposable {
  readonly #file: KeptFile;
  #failure: string | undefined;
  /** What an instance has done to what was written, in words. */
  #lost: string | undefined;
  /** What could not be written yet. */
  #pending = Buffer.alloc(0);
  #dropped = 0;

  constructor(runDir: string) {
    this.#file = new KeptFile(join(runDir, runFiles.journal));
  }

  /** Why records are missing, if some are: a full disk ends no run. */
  get failure(): string | undefined {
    return this.#pending.length === 0 && this.#dropped === 0 ? this.#lost : this.#failure;
  }

  /** Adds a record, with the time; one that cannot be written now is written with a later one. Whole lines at once: a reader sees all of a record or, at the end, a torn one. */
  add(type: string, record: Readonly<Record<string, unknown>>): void {
    const line = `${JSON.stringify({ at: new Date(nowMs()).toISOString(), type, ...record })}\n`;
    this.#flush();
    if (this.#pending.length < mostPending) this.#pending = Buffer.concat([this.#pending, Buffer.from(line)]);
    else this.#dropped++;
    this.#flush();
  }

  #flush(): void {
    try {
      // A disk that has room for a part of it takes that.
      while (this.#pending.length > 0)
        this.#pending = this.#pending.subarray(this.#file.write(this.#pending));
    } catch (error) {
      this.#failure = messageOf(error);
    }
  }

  /** Puts the journal back where an instance has taken it away. @returns what had become of it, in words. */
  putBack(): string | undefined {
    try {
      return this.#file.putBack();
    } catch (error) {
      this.#lost = messageOf(error);
      return this.#lost;
    }
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}

const firstRecord = z.object({ owner: processIdSchema });

/**
 * Who carries out a run, or did, as its journal says.
 * @returns undefined where the journal says nothing of it.
 */
export function ownerOf(runDir: string): ProcessId | undefined {
  return firstRecord.safeParse(readFirstRecord(runDir)).data?.owner;
}

/** What is known of the process that carries out a run; `gone` where its journal names none. */
export function ownerStateOfRun(runDir: string): OwnerState {
  const owner = ownerOf(runDir);
  return owner === undefined ? 'gone' : ownerStateOf(owner, join(runDir, runFiles.heartbeat));
}

const pieceBytes = 64 * 1024;
/** A first record that takes more of them is none. */
const mostPieces = 4_096;

/** The first record of a run's journal, which says what run it is; undefined where it is not there, or torn. */
export function readFirstRecord(runDir: string): unknown {
  let text: string;
  try {
    text = readFirstLine(join(runDir, runFiles.journal));
  } catch {
    return undefined;
  }
  return parseRecord(text);
}

/** A line of a journal; undefined for a torn one. */
export function parseRecord(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function readFirstLine(file: string): string {
  const fd = openRegular(file);
  const pieces: Buffer[] = [];
  try {
    for (;;) {
      const piece = Buffer.alloc(pieceBytes);
      const read = readSync(fd, piece, 0, pieceBytes, null);
      const end = piece.subarray(0, read).indexOf(0x0a);
      pieces.push(piece.subarray(0, end === -1 ? read : end));
      if (pieces.length > mostPieces) throw new Error('it has no line');
      if (end !== -1 || read === 0) return Buffer.concat(pieces).toString('utf8');
    }
  } finally {
    closeSync(fd);
  }
}
