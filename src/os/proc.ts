import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Reads a file of /proc or /sys; returns undefined if it does not exist: another system, or an exited process. */
export function readProc(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return undefined;
  }
}

/** Reads a link of /proc; returns undefined if it does not exist or may not be read. */
export function readProcLink(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
  }
}

/** Whether a process is in another user namespace than this one. @throws the system's error if it has ended. */
export function hasOtherUserNamespace(pid: number): boolean {
  return readlinkSync(`/proc/${pid}/ns/user`) !== readlinkSync('/proc/self/ns/user');
}

let numbersProcesses: boolean | undefined;

/**
 * Whether /proc uses the PIDs of this process's namespace. In a PID namespace without its own /proc (`unshare -pf`
 * without `--mount-proc`) it shows the PIDs of another one: a PID found there does not identify the process that a
 * signal reaches.
 */
function isOwnProc(): boolean {
  numbersProcesses ??= readProcLink('/proc/self') === String(process.pid);
  return numbersProcesses;
}

/** All PIDs; empty if the system has no /proc, or only that of another PID namespace. */
export function processNumbers(): number[] {
  if (!isOwnProc()) return [];
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

/** Clock ticks per second as seen by user space (proc(5), sysconf(_SC_CLK_TCK) on Linux). */
export const ticksPerSecond = 100;

/** The kernel's statistics of a process. */
export interface Stat {
  readonly state: string;
  /** The leader of its process group. */
  readonly group: number;
  /** Its CPU time, in clock ticks. */
  readonly used: number;
  /** The CPU time of its children that have ended and been waited for. */
  readonly usedByChildren: number;
  readonly threads: number;
  readonly startTicks: string;
  /** Its resident memory, in pages. */
  readonly pages: number;
}

/**
 * Parses /proc/<pid>/stat (proc(5)): fields 3, 5, 14 to 17, 20, 22 and 24. The second field, the command, may contain
 * spaces and parentheses.
 */
export function statOf(pid: number): Stat | undefined {
  if (!isOwnProc()) return undefined;
  const stat = readProc(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    state: fields[0] ?? '',
    group: Number(fields[2]),
    used: Number(fields[11]) + Number(fields[12]),
    usedByChildren: Number(fields[13]) + Number(fields[14]),
    threads: Number(fields[17]),
    startTicks: fields[19] ?? '',
    pages: Number(fields[21]),
  };
}

/**
 * How long the first thread of a process has waited for a processor, in ms: the second number of /proc/<pid>/schedstat,
 * described in the kernel's sched-stats.rst; 0 if the kernel does not report it.
 */
export function delayOf(pid: number): number {
  return Number(readProc(`/proc/${pid}/schedstat`)?.split(' ')[1] ?? 0) / 1e6;
}

/**
 * Whether a process has ended and only waits to be reaped, which its parent may never do. A process whose first thread
 * has ended before the others is in the same state but still runs.
 */
export function isZombie({ state, threads }: Stat): boolean {
  return /^[ZX]$/.test(state) && threads <= 1;
}

/**
 * The environment that a process was started with, as `NAME=value`; empty for a process that has ended or belongs to
 * another user.
 */
export function environmentOf(pid: number): readonly string[] {
  const own = readEnvironment(`/proc/${pid}/environ`);
  if (own.length > 0) return own;
  // If its first thread has ended, only the other threads still have the environment.
  const threads = (statOf(pid)?.threads ?? 0) > 1 ? threadsOf(pid) : [];
  for (const thread of threads) {
    const its = readEnvironment(`/proc/${pid}/task/${thread}/environ`);
    if (its.length > 0) return its;
  }
  return [];
}

function threadsOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

function readEnvironment(file: string): readonly string[] {
  const text = readProc(file) ?? '';
  return text === '' ? [] : text.split('\0');
}
