import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf } from '../errors.ts';
import { runFiles } from './layout.ts';

/** Who runs a run: a process, told from a later one with the same number by the time it started. */
export interface Owner {
  readonly pid: number;
  /** Clock ticks since boot, from /proc; undefined where the system has no /proc. */
  readonly startTicks: string | undefined;
}

/** A run's append-only record, one JSON object a line. It never holds the environment of an instance. */
export class Journal implements Disposable {
  readonly #fd: number;
  #failure: string | undefined;

  constructor(runDir: string) {
    this.#fd = openSync(join(runDir, runFiles.journal), 'a');
  }

  /** Why a record could not be written, if one could not: a full disk ends no run. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Adds a record, with the time. Whole lines at once: a reader sees all of a record or, at the end, a torn one. */
  add(type: string, record: Readonly<Record<string, unknown>>): void {
    try {
      writeSync(this.#fd, `${JSON.stringify({ at: new Date().toISOString(), type, ...record })}\n`);
    } catch (error) {
      this.#failure ??= messageOf(error);
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}

/** This process as an owner. */
export function thisProcess(): Owner {
  return { pid: process.pid, startTicks: startTicksOf(process.pid) };
}

const ownerRecord = z.object({
  type: z.literal('run-queued'),
  owner: z.object({ pid: z.int(), startTicks: z.string().optional() }),
});

/** Whether the process that a run's journal names as its owner still runs. */
export function ownerLives(runDir: string): boolean {
  const owner = ownerOf(runDir);
  if (owner === undefined) return false;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code !== 'EPERM') return false;
  }
  if (isZombie(owner.pid)) return false;
  return owner.startTicks === undefined || owner.startTicks === startTicksOf(owner.pid);
}

function ownerOf(runDir: string): z.output<typeof ownerRecord>['owner'] | undefined {
  let text: string;
  try {
    text = readFileSync(join(runDir, runFiles.journal), 'utf8');
  } catch {
    return undefined;
  }
  for (const line of text.split('\n')) {
    const record = ownerRecord.safeParse(parseOrUndefined(line));
    if (record.success) return record.data.owner;
  }
  return undefined;
}

function parseOrUndefined(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Whether a process has ended and waits only to be asked how; one that cannot be read is none. */
function isZombie(pid: number): boolean {
  return /^[ZX]$/.test(statFields(pid)?.[0] ?? '');
}

/** Field 22 of /proc/<pid>/stat; the second field, the command, may hold spaces and parentheses. */
function startTicksOf(pid: number): string | undefined {
  return statFields(pid)?.[19];
}

/** The fields of /proc/<pid>/stat from the third one on. */
function statFields(pid: number): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
