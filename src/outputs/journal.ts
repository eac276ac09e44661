import { closeSync, readSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { nowMs } from '../os/clock.ts';
import { type OwnerState, ownerStateOf } from '../os/heartbeat.ts';
import type { ProcessId } from '../os/process-id.ts';
import { processIdSchema } from '../os/process-id-schema.ts';
import { messageOf } from '../util/errors.ts';
import { type DataKeys, runSpecDataKeys, toCamelCase, toSnakeCase } from '../util/key-case.ts';
import { KeptFile } from './kept-file.ts';
import { runFiles } from './layout.ts';
import { openRegular } from './untrusted-file.ts';

/** The limit on bytes buffered while the disk is full. */
const maxPending = 1024 * 1024;

/** The version of journals: 2 has its keys in snake_case, and refers to instances by kind and ID. */
export const journalVersion = 2;

/** The keys of a journal whose values are data of plans and users. */
const planData: DataKeys = new Set([...runSpecDataKeys, 'fields', 'counts', 'snapshot', 'standing']);

/** A run's append-only record, one JSON object per line. It never contains the environment of an instance. */
export class Journal implements Disposable {
  readonly #file: KeptFile;
  #failure: string | undefined;
  /** How an instance damaged the file. */
  #lost: string | undefined;
  /** Bytes that could not be written yet. */
  #pending = Buffer.alloc(0);
  #dropped = 0;

  constructor(runDir: string) {
    this.#file = new KeptFile(join(runDir, runFiles.journal));
  }

  /** Why records are missing, if any are. A full disk does not end the run. */
  get failure(): string | undefined {
    return this.#pending.length === 0 && this.#dropped === 0 ? this.#lost : this.#failure;
  }

  /**
   * Appends a record with the current time. If it cannot be written now, it is written with a later one. Lines are
   * written whole: a reader sees complete records, with at most a torn one at the end.
   */
  add(type: string, record: Readonly<Record<string, unknown>>): void {
    const fields = toSnakeCase(record, planData) as object;
    const line = `${JSON.stringify({ at: new Date(nowMs()).toISOString(), type, ...fields })}\n`;
    this.#flush();
    if (this.#pending.length < maxPending) this.#pending = Buffer.concat([this.#pending, Buffer.from(line)]);
    else this.#dropped++;
    this.#flush();
  }

  #flush(): void {
    try {
      // A nearly full disk takes a part of it.
      while (this.#pending.length > 0)
        this.#pending = this.#pending.subarray(this.#file.write(this.#pending));
    } catch (error) {
      this.#failure = messageOf(error);
    }
  }

  /** Restores the journal if an instance removed it. @returns what had happened to it. */
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
 * The process that owns a run, according to its journal, dead or alive.
 * @returns undefined if the journal does not name it.
 */
export function ownerOf(runDir: string): ProcessId | undefined {
  return firstRecord.safeParse(readFirstRecord(runDir)).data?.owner;
}

/** The state of the process that owns a run; `gone` if its journal names none. */
export function ownerStateOfRun(runDir: string): OwnerState {
  const owner = ownerOf(runDir);
  return owner === undefined ? 'gone' : ownerStateOf(owner, join(runDir, runFiles.heartbeat));
}

const pieceBytes = 64 * 1024;
/** A first record that takes more pieces than this is invalid. */
const maxPieces = 4_096;

/** The first record of a run's journal, which identifies the run; undefined if it is missing or torn. */
export function readFirstRecord(runDir: string): unknown {
  let text: string;
  try {
    text = readFirstLine(join(runDir, runFiles.journal));
  } catch {
    return undefined;
  }
  return parseRecord(text);
}

/**
 * Parses a line of a journal; returns undefined for a torn one. Journals of earlier versions have keys in camelCase.
 */
export function parseRecord(line: string): unknown {
  try {
    return toCamelCase(JSON.parse(line), planData);
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
      if (pieces.length > maxPieces) throw new Error('its first line is too long');
      if (end !== -1 || read === 0) return Buffer.concat(pieces).toString('utf8');
    }
  } finally {
    closeSync(fd);
  }
}
