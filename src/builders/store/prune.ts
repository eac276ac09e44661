import type { Home } from '../../os/home.ts';
import { stemOf } from './artifact-key.ts';
import { targetKind } from './artifacts.ts';
import { listWork, type Work } from './kept-work.ts';
import { holderOf, type Lease, leasesIn } from './leases.ts';
import { removeWork } from './remove-work.ts';

/** Artifacts and work unused since a given time. */
export interface OldWork {
  readonly old: readonly Work[];
  /** Old entries in use, with their holders. */
  readonly inUse: readonly { readonly work: Work; readonly holder: string }[];
}

/** Lists what was not used since a given time, artifacts before the packages that only they need. */
export async function workOlderThan(home: Home, before: Date): Promise<OldWork> {
  const [all, leases] = [await listWork(home), await leasesIn(home)];
  const isOld = (work: Work) =>
    work.used < before && (work.kind !== 'unfinished' || isAbandoned(work, leases));
  const held = all.filter(isOld).flatMap((work) => {
    const holder = holderOfWork(work, leases);
    return holder === undefined ? [] : [{ work, holder }];
  });
  const stays = new Set(held.map(({ work }) => work.name));
  const needed = new Set(
    all.filter((work) => !isOld(work) || stays.has(work.name)).map(({ packages }) => packages),
  );
  const old = all.filter((work) => isOld(work) && !stays.has(work.name) && !needed.has(work.name));
  return { old, inUse: held };
}

/** Artifacts are looked up by key; any running build may use everything else. */
function holderOfWork({ name, kind, token }: Work, leases: readonly Lease[]): string | undefined {
  if (kind === 'unfinished') return leases.find((lease) => lease.token === token)?.holder;
  return holderOf(name, leases);
}

/**
 * Earlier versions of tg take no lease, but an active build writes into its unfinished files at least once an hour,
 * in ms.
 */
const hourMs = 60 * 60 * 1_000;

/** Files of aborted builds. */
export async function unfinishedWork(home: Home): Promise<Work[]> {
  const leases = await leasesIn(home);
  return (await listWork(home)).filter((work) => work.kind === 'unfinished' && isAbandoned(work, leases));
}

function isAbandoned(work: Work, leases: readonly Lease[]): boolean {
  return holderOfWork(work, leases) === undefined && Date.now() - work.used.getTime() > hourMs;
}

/** The result of removing a builder's files. */
export interface Purged {
  /** The keys of the removed artifacts. */
  readonly keys: readonly string[];
  /** The names of the remaining files, and why they remain. */
  readonly kept: readonly { readonly name: string; readonly why: string }[];
}

/** Removes all files of a plan's builds with a builder, except those in use. */
export async function purgeArtifacts(home: Home, builder: string, planName: string): Promise<Purged> {
  const leases = await leasesIn(home);
  // Includes intermediate outputs and the files of killed builds.
  const stems = [builder, ...(builder === 'exec:rust' ? [targetKind] : [])].map((kind) =>
    stemOf(kind, planName),
  );
  const keys: string[] = [];
  const kept: { name: string; why: string }[] = [];
  for (const work of await listWork(home)) {
    const { name, dir, kind } = work;
    if (
      !stems.some(
        (stem) => name.startsWith(stem) && /^([0-9a-f]{12}(\.|$)|failed\.log)/.test(name.slice(stem.length)),
      )
    )
      continue;
    const holder = holderOfWork(work, leases);
    const why = holder === undefined ? await removeWork(home, dir) : `in use: ${holder}`;
    if (why !== undefined) kept.push({ name, why });
    else if (kind === 'artifact') keys.push(name);
  }
  return { keys, kept };
}
