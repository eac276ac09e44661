import type { Home } from '../../os/home.ts';
import { stemOf, targetKind } from './artifacts.ts';
import { listWork, type Work } from './kept-work.ts';
import { holderOf, type Lease, leasesIn } from './leases.ts';
import { removeWork } from './remove-work.ts';

/** What was built that is older than a moment, and what of it somebody uses. */
export interface OldWork {
  readonly old: readonly Work[];
  /** Those that would be old, and who uses them, in words. */
  readonly inUse: readonly { readonly work: Work; readonly holder: string }[];
}

/** What was not used since a moment, artifacts before the packages that only they need. */
export async function workOlderThan(home: Home, before: Date): Promise<OldWork> {
  const [all, leases] = [await listWork(home), await leasesIn(home)];
  const isOld = (work: Work) => work.used < before && (work.kind !== 'unfinished' || isGivenUp(work, leases));
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

/** Artifacts by their key; everything else is used by whoever builds. */
function holderOfWork({ name, kind, token }: Work, leases: readonly Lease[]): string | undefined {
  if (kind === 'unfinished') return leases.find((lease) => lease.token === token)?.holder;
  return holderOf(name, leases);
}

/** A build that is going on writes, within an hour, into what it will rename; earlier versions of tg take no lease. */
const hourMs = 60 * 60 * 1_000;

/** What builds were given up have left. */
export async function unfinishedWork(home: Home): Promise<Work[]> {
  const leases = await leasesIn(home);
  return (await listWork(home)).filter((work) => work.kind === 'unfinished' && isGivenUp(work, leases));
}

function isGivenUp(work: Work, leases: readonly Lease[]): boolean {
  return holderOfWork(work, leases) === undefined && Date.now() - work.used.getTime() > hourMs;
}

/** What came of removing what builds have left. */
export interface Purged {
  /** The keys of the artifacts that have gone. */
  readonly keys: readonly string[];
  /** What is still there, by its name, and why. */
  readonly kept: readonly { readonly name: string; readonly why: string }[];
}

/** Removes all that builds of a plan with a builder have left, except what somebody uses. */
export async function purgeArtifacts(home: Home, builder: string, planName: string): Promise<Purged> {
  const leases = await leasesIn(home);
  // What was compiled on the way, and what a build left that was killed.
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
