import { readdirSync } from 'node:fs';
import { lstat, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { Heartbeat, isFresh, ownerStateOf } from '../../os/heartbeat.ts';
import type { Home } from '../../os/home.ts';
import type { ProcessId } from '../../os/process-id.ts';
import { processIdSchema } from '../../os/process-id-schema.ts';
import { ownToken, unfinishedEnding } from '../../os/temp-folder.ts';

/** The content of a lease file. */
const leaseSchema = z.object({
  owner: processIdSchema,
  /** The holder, for messages. */
  holder: z.string(),
  /**
   * The names of the used artifacts and packages; null for all, while the holder builds or searches for an
   * artifact.
   */
  uses: z.array(z.string()).nullable(),
  /** The thing that it makes or waits for. */
  claim: z
    .object({
      key: z.string(),
      /**
       * `holds`: makes it. `wants`: wants to, and checks for others. `waits`: waits for another process to make it.
       */
      state: z.enum(['holds', 'wants', 'waits']),
    })
    .optional(),
});

type LeaseRecord = z.output<typeof leaseSchema>;

/** A lease on the builders' store. */
export interface Lease {
  /** For messages. */
  readonly holder: string;
  readonly uses: readonly string[] | null;
  /** The token of the owning process, which is part of the names of its unfinished files. */
  readonly token: string;
  /** Its number in that process. */
  readonly number: number;
  /** Undefined if it is unreadable: being written, or truncated on a full disk. */
  readonly owner: ProcessId | undefined;
  readonly claim: LeaseRecord['claim'];
}

/**
 * How long, in ms after its last heartbeat, a lease counts whose owner is not visible from here; artifacts can be
 * rebuilt.
 */
const unseenForMs = 24 * 60 * 60 * 1_000;

let taken = 0;

/**
 * Protects what this process uses of the builders' store from removal, until disposed of: at first everything, then
 * only what it names.
 */
export class WorkLease implements Disposable {
  readonly #holder: string;
  readonly #heartbeat: Heartbeat;

  /** @param holder the holder, for messages: `run 0123…`. */
  constructor({ work }: Home, holder: string) {
    this.#holder = holder;
    this.#heartbeat = new Heartbeat(leaseFile(work, taken++), { holder, uses: null });
  }

  /** Limits the lease to the given artifacts, and the packages that they use in the home. */
  narrowTo(names: Iterable<string>): void {
    this.#heartbeat.update({ holder: this.#holder, uses: [...new Set(names)] });
  }

  [Symbol.dispose](): void {
    this.#heartbeat[Symbol.dispose]();
  }
}

/** Announces what this process makes in the builders' store or waits for, until disposed of. */
export class Claim implements Disposable {
  readonly number = taken++;
  readonly #key: string;
  readonly #heartbeat: Heartbeat;

  /** @param key identifies what is made. */
  constructor({ work }: Home, key: string) {
    this.#key = key;
    this.#heartbeat = new Heartbeat(leaseFile(work, this.number), this.#record('waits'));
  }

  state(state: 'holds' | 'wants' | 'waits'): void {
    this.#heartbeat.update(this.#record(state));
  }

  #record(state: 'holds' | 'wants' | 'waits') {
    return { holder: 'a build', uses: [], claim: { key: this.#key, state } };
  }

  [Symbol.dispose](): void {
    this.#heartbeat[Symbol.dispose]();
  }
}

function leaseFile(work: string, number: number): string {
  return join(work, `lease-${number}.${unfinishedEnding}`);
}

/** The valid leases; leases of exited owners are removed. */
export async function leasesIn({ work }: Home): Promise<Lease[]> {
  const leases: Lease[] = [];
  for (const name of namesIn(work)) {
    const [, number, token] = /^lease-(\d+)\.([0-9a-f]{12})\.partial$/.exec(name) ?? [];
    if (token === undefined) continue;
    const lease = await readLease(join(work, name), token, Number(number));
    if (lease !== undefined) leases.push(lease);
  }
  return leases;
}

/** The holder that uses an artifact or may use it; undefined if there is none. */
export function holderOf(key: string, leases: readonly Lease[]): string | undefined {
  return leases.find(({ uses }) => uses?.includes(key) !== false)?.holder;
}

/** Whether a lease belongs to this process while it builds. */
export function isOwnBuild({ token, uses }: Lease): boolean {
  return token === ownToken && uses === null;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

async function readLease(file: string, token: string, number: number): Promise<Lease | undefined> {
  const there = await lstat(file).catch(() => undefined);
  if (there?.isFile() !== true) return undefined;
  const { data } = leaseSchema.safeParse(
    await readFile(file, 'utf8')
      .then((text) => JSON.parse(text))
      .catch(() => undefined),
  );
  if (counts(file, there.mtimeMs, data?.owner))
    return {
      ...{ holder: data?.holder ?? 'another build', uses: data === undefined ? null : data.uses },
      ...{ token, number, owner: data?.owner, claim: data?.claim },
    };
  // Removes only files written by tg.
  if (data !== undefined) await rm(file, { force: true }).catch(() => {});
  return undefined;
}

/** An unreadable lease is being written, or was truncated on a full disk. */
function counts(
  file: string,
  writtenMs: number,
  owner: Parameters<typeof ownerStateOf>[0] | undefined,
): boolean {
  if (owner === undefined) return isFresh(file);
  const ownerState = ownerStateOf(owner, file);
  return ownerState === 'lives' || (ownerState === 'unknown' && Date.now() - writtenMs < unseenForMs);
}
