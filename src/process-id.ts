import * as z from 'zod';
import { codeOf } from './errors.ts';
import { isZombie, processNumbers, readProc, statOf } from './proc.ts';

/** A process, told from a later one with the same number by when it started, and on which boot of the machine. */
export const processIdSchema = z.object({
  pid: z.int().positive(),
  /** Clock ticks since boot; undefined where the system has no /proc. */
  startTicks: z.string().optional(),
  /** The kernel's name for this boot; undefined where it has none. */
  boot: z.string().optional(),
});

export type ProcessId = Readonly<z.output<typeof processIdSchema>>;

/** Who has a process number now. */
export function processIdOf(pid: number): ProcessId {
  return thatStartedAt(pid, statOf(pid)?.startTicks);
}

/** A process of this boot, by when it was started. */
export function thatStartedAt(pid: number, startTicks: string | undefined): ProcessId {
  boot ??= readProc('/proc/sys/kernel/random/boot_id')?.trim();
  return { pid, startTicks, boot };
}

let boot: string | undefined;

/** Whether a process still runs: one that only waits to be asked how it ended does not. */
export function lives({ pid, startTicks, boot: itsBoot }: ProcessId): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: somebody else's, which is there.
    if (codeOf(error) !== 'EPERM') return false;
  }
  const now = processIdOf(pid);
  if (itsBoot !== undefined && itsBoot !== now.boot) return false;
  if (startTicks !== undefined && startTicks !== now.startTicks) return false;
  const stat = statOf(pid);
  return stat === undefined || !isZombie(stat);
}

/** Whether a process is stopped: by a SIGSTOP, a Ctrl-Z or a debugger. */
export function isSuspended(pid: number): boolean {
  return /^[Tt]$/.test(statOf(pid)?.state ?? '');
}

/** What a process group has of the machine. */
export interface GroupUsage {
  /** What it has had of a processor until now, in clock ticks (10 ms each). */
  readonly ticks: number;
  /** The same with what those have had that have ended. */
  readonly allTicks: number;
  /** What it has of the memory, in pages; what its processes share counts for each. */
  readonly pages: number;
}

/** What every process group has, by its leader's number; none where the system has no /proc. */
export function usageOfGroups(): ReadonlyMap<number, GroupUsage> {
  const groups = new Map<number, GroupUsage>();
  for (const pid of processNumbers()) {
    const stat = statOf(pid);
    if (stat === undefined) continue;
    const { ticks, allTicks, pages } = groups.get(stat.group) ?? { ticks: 0, allTicks: 0, pages: 0 };
    groups.set(stat.group, {
      ticks: ticks + stat.used,
      allTicks: allTicks + stat.used + stat.usedByChildren,
      pages: pages + stat.pages,
    });
  }
  return groups;
}
