import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** A file of /proc, or of /sys; undefined where it is not there: another system, or a process that has gone. */
export function readProc(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return undefined;
  }
}

/** What a link of /proc holds; undefined where it is not there, or may not be read. */
export function readProcLink(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
  }
}

let numbersProcesses: boolean | undefined;

/**
 * Whether /proc numbers processes as this process does. In a PID namespace without a /proc of its own (`unshare -pf` without
 * `--mount-proc`) it has the numbers of another one: a process looked up there is not the one that a signal reaches.
 */
function isOwnProc(): boolean {
  numbersProcesses ??= readProcLink('/proc/self') === String(process.pid);
  return numbersProcesses;
}

/** The numbers of all processes; none where the system has no /proc, or that of another PID namespace. */
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

/** Clock ticks a second in what /proc says (proc(5), sysconf(_SC_CLK_TCK) on Linux). */
export const ticksPerSecond = 100;

/** What the system says of a process. */
export interface Stat {
  readonly state: string;
  /** The leader of its process group. */
  readonly group: number;
  /** What it has had of a processor, in clock ticks. */
  readonly used: number;
  /** What its children have had that have ended and been waited for. */
  readonly usedByChildren: number;
  readonly threads: number;
  readonly startTicks: string;
  /** How much of it is in memory, in pages. */
  readonly pages: number;
}

/** What /proc/<pid>/stat (proc(5)) says: fields 3, 5, 14 to 17, 20, 22 and 24; the second, the command, may hold spaces and parentheses. */
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
 * How long the first thread of a process has waited for a processor, in ms: the second number of /proc/<pid>/schedstat, which
 * the kernel's sched-stats.rst describes; 0 where the kernel does not say.
 */
export function delayOf(pid: number): number {
  return Number(readProc(`/proc/${pid}/schedstat`)?.split(' ')[1] ?? 0) / 1e6;
}

/**
 * Whether a process has ended, and only waits to be asked how: its parent may never do so. One whose first thread has ended
 * before the others is in the same state, and runs.
 */
export function isZombie({ state, threads }: Stat): boolean {
  return /^[ZX]$/.test(state) && threads <= 1;
}

/**
 * The variables that a process was started with, as `NAME=value`; none of one that has gone, has ended, or is somebody
 * else's.
 */
export function environmentOf(pid: number): readonly string[] {
  const own = readEnvironment(`/proc/${pid}/environ`);
  if (own.length > 0) return own;
  // Where its first thread has ended, only the others tell.
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
