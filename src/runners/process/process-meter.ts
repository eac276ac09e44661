import { statOf, ticksPerSecond } from '../../os/proc.ts';
import { type GroupUsage, usageOfGroups } from '../../os/process-id.ts';
import type { Activity, Usage } from '../runner.ts';

/** A scan of the machine's processes is used for this many ms: it takes a millisecond per hundred processes. */
const scanLastsMs = 100;
/**
 * An instance is idle when its process group used less than `usedMs` of processor time within `inMs`, and less than
 * `wantedMs` including the time it was runnable but not scheduled: on a busy machine, a working process spends most of
 * its time that way. Scans are compared up to `lastsMs` apart, and one is used for `freshMs`.
 */
const idle = { usedMs: 30, wantedMs: 90, inMs: 180, lastsMs: 1_000, freshMs: 20 } as const;

interface Scan {
  readonly at: number;
  readonly groups: ReadonlyMap<number, GroupUsage>;
}

/** Measures what process groups use, with one scan of the machine for all of them. */
export class ProcessMeter {
  readonly #pageBytes = pageBytes();
  #usage: Scan | undefined;
  /** The last two scans that include delays. */
  #before: Scan | undefined;
  #now: Scan | undefined;

  /** The usage of a process group; undefined if the system has no /proc, or the group has ended. */
  usageOf(leader: number): Usage | undefined {
    if (this.#pageBytes === undefined) return undefined;
    const its = this.#lastUsage().get(leader);
    return its && { cpuMs: msOf(its.allTicks), bytes: its.pages * this.#pageBytes };
  }

  /** Whether all processes of a group that exists are zombies, which a container's first process may never wait for. */
  hasOnlyZombies(leader: number): boolean {
    return this.#lastUsage().get(leader)?.lives === false;
  }

  #lastUsage(): Scan['groups'] {
    const now = performance.now();
    if (this.#usage === undefined || now - this.#usage.at > scanLastsMs)
      this.#usage = { at: now, groups: usageOfGroups() };
    return this.#usage.groups;
  }

  /** Whether a process group has used the processor in the last moment; unknown if the system has no /proc. */
  activityOf(leader: number): Activity {
    if (this.#pageBytes === undefined) return 'unknown';
    const at = performance.now();
    if (this.#now === undefined || at - this.#now.at >= idle.inMs) {
      const isRecent = this.#now !== undefined && at - this.#now.at < idle.lastsMs;
      this.#before = isRecent ? this.#now : undefined;
      this.#now = { at, groups: usageOfGroups({ delays: true }) };
    }
    // Between two scans, nothing is known of the present.
    if (this.#before === undefined || at - this.#now.at > idle.freshMs) return 'busy';
    const its = this.#now.groups.get(leader);
    if (its === undefined) return 'idle';
    const had = this.#before.groups.get(leader);
    const usedMs = msOf(its.ticks - (had?.ticks ?? 0));
    const wantedMs = usedMs + its.delayedMs - (had?.delayedMs ?? 0);
    return !its.runs && usedMs < idle.usedMs && wantedMs < idle.wantedMs ? 'idle' : 'busy';
  }
}

function msOf(ticks: number): number {
  return (ticks * 1_000) / ticksPerSecond;
}

/**
 * The page size, from this process's own memory in pages (/proc) and in bytes (Node); undefined if the system has
 * no /proc.
 */
function pageBytes(): number | undefined {
  const pages = statOf(process.pid)?.pages;
  return pages && 2 ** Math.round(Math.log2(process.memoryUsage.rss() / pages));
}
