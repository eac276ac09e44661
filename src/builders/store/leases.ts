import { readdirSync } from 'node:fs';
import { lstat, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { Heartbeat, isFresh, ownerStateOf } from '../../os/heartbeat.ts';
import type { Home } from '../../os/home.ts';
import type { ProcessId } from '../../os/process-id.ts';
import { processIdSchema } from '../../os/process-id-schema.ts';
import { ownToken, unfinishedEnding } from '../../os/temp-folder.ts';

/** What a lease's file holds. */
const leaseSchema = z.object({
  owner: processIdSchema,
  /** Who holds it, in words. */
  holder: z.string(),
  /** The names of the artifacts and packages in use; null for whatever there is: it builds, or looks for what was built. */
  uses: z.array(z.string()).nullable(),
  /** What it makes, or waits for. */
  claim: z
    .object({
      key: z.string(),
      /** Makes it; wants to, and looks whether others do; waits for another to have made it. */
      state: z.enum(['holds', 'wants', 'waits']),
    })
    .optional(),
});

type LeaseRecord = z.output<typeof leaseSchema>;

/** Somebody's lease on what builders keep. */
export interface Lease {
  /** In words. */
  readonly holder: string;
  readonly uses: readonly string[] | null;
  /** Of the process that holds it: it is in the names of what the process has not finished. */
  readonly token: string;
  /** Its number in that process. */
  readonly number: number;
  /** Undefined for one that cannot be read: it is being written, or the disk was full. */
  readonly owner: ProcessId | undefined;
  readonly claim: LeaseRecord['claim'];
}

/** One without an owner that can be seen counts for so long, in ms, after its last heartbeat: what was built can be built again. */
const unseenForMs = 24 * 60 * 60 * 1_000;

let taken = 0;

/** Keeps others from removing what this process uses of what builders keep, until disposed of: first all there is, then what it names. */
export class WorkLease implements Disposable {
  readonly #holder: string;
  readonly #heartbeat: Heartbeat;

  /** @param holder who holds it, in words: `run 0123…`. */
  constructor({ work }: Home, holder: string) {
    this.#holder = holder;
    this.#heartbeat = new Heartbeat(leaseFile(work, taken++), { holder, uses: null });
  }

  /** Names what is used from now on: artifacts, and the packages that they find in the home. */
  narrowTo(names: Iterable<string>): void {
    this.#heartbeat.tell({ holder: this.#holder, uses: [...new Set(names)] });
  }

  [Symbol.dispose](): void {
    this.#heartbeat[Symbol.dispose]();
  }
}

/** Says what this process makes of what builders keep, or waits for, until disposed of. */
export class Claim implements Disposable {
  readonly number = taken++;
  readonly #key: string;
  readonly #heartbeat: Heartbeat;

  /** @param key what is made. */
  constructor({ work }: Home, key: string) {
    this.#key = key;
    this.#heartbeat = new Heartbeat(leaseFile(work, this.number), this.#record('waits'));
  }

  state(state: 'holds' | 'wants' | 'waits'): void {
    this.#heartbeat.tell(this.#record(state));
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

/** The leases that count; those whose owner has gone are removed. */
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

/** Who uses an artifact, or may; undefined for nobody. */
export function holderOf(key: string, leases: readonly Lease[]): string | undefined {
  return leases.find(({ uses }) => uses?.includes(key) !== false)?.holder;
}

/** Whether a lease is one of this process that builds. */
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
      ...{ holder: data?.holder ?? 'a tg that builds', uses: data === undefined ? null : data.uses },
      ...{ token, number, owner: data?.owner, claim: data?.claim },
    };
  // Only what tg has written.
  if (data !== undefined) await rm(file, { force: true }).catch(() => {});
  return undefined;
}

/** One that cannot be read is being written, or the disk was full. */
function counts(
  file: string,
  writtenMs: number,
  owner: Parameters<typeof ownerStateOf>[0] | undefined,
): boolean {
  if (owner === undefined) return isFresh(file);
  const standing = ownerStateOf(owner, file);
  return standing === 'lives' || (standing === 'unknown' && Date.now() - writtenMs < unseenForMs);
}
