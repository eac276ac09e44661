import { z } from 'zod';
import { codeOf } from './errors.ts';
import { processNumbers, readProc } from './proc.ts';

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
  boot ??= readProc('/proc/sys/kernel/random/boot_id')?.trim();
  return { pid, startTicks: statOf(pid)?.startTicks, boot };
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
  return !/^[ZX]$/.test(statOf(pid)?.state ?? '');
}

/** Whether a process is stopped: by a SIGSTOP, a Ctrl-Z or a debugger. */
export function isSuspended(pid: number): boolean {
  return /^[Tt]$/.test(statOf(pid)?.state ?? '');
}

/** What every process group has had of a processor until now, by its leader's number, in clock ticks (10 ms each). */
export function ticksOfGroups(): ReadonlyMap<number, number> {
  const ticks = new Map<number, number>();
  for (const pid of processNumbers()) {
    const stat = statOf(pid);
    if (stat !== undefined) ticks.set(stat.group, (ticks.get(stat.group) ?? 0) + stat.used);
  }
  return ticks;
}

interface Stat {
  readonly state: string;
  readonly group: number;
  readonly used: number;
  readonly startTicks: string;
}

/** From /proc/<pid>/stat (proc(5)): fields 3, 5, 14, 15 and 22; the second, the command, may hold spaces and parentheses. */
function statOf(pid: number): Stat | undefined {
  const stat = readProc(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    state: fields[0] ?? '',
    group: Number(fields[2]),
    used: Number(fields[11]) + Number(fields[12]),
    startTicks: fields[19] ?? '',
  };
}
