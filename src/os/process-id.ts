import { hostname } from 'node:os';
import { codeOf } from '../util/errors.ts';
import { sanitizeTerminalLine } from '../util/sanitize-terminal.ts';
import { delayOf, isZombie, processNumbers, readProc, readProcLink, statOf } from './proc.ts';

/** A process, told from a later one with the same number by when it started, and on which boot of the machine. */
export interface ProcessId {
  readonly pid: number;
  /** Clock ticks since boot; undefined where the system has no /proc. */
  readonly startTicks?: string | undefined;
  /** The kernel's name for this boot; undefined where it has none. */
  readonly boot?: string | undefined;
  /** The machine: its host name, and its machine ID where it has one. Undefined in records of earlier versions. */
  readonly host?: string | undefined;
  /** The PID namespace, in which `pid` counts; undefined where the system has none. */
  readonly namespace?: string | undefined;
}

/** Who has a process number now. */
export function processIdOf(pid: number): ProcessId {
  return thatStartedAt(pid, statOf(pid)?.startTicks);
}

/** A process of this boot, by when it was started. */
export function thatStartedAt(pid: number, startTicks: string | undefined): ProcessId {
  return { pid, startTicks, boot: placeHere().boot };
}

/** This process, as processes in other namespaces and on other hosts know it too. */
export function ownProcessId(): ProcessId {
  return { ...processIdOf(process.pid), ...placeHere() };
}

/** Where process numbers mean the same processes. */
type Place = Pick<ProcessId, 'boot' | 'host' | 'namespace'>;

let here: Place | undefined;

function placeHere(): Place {
  here ??= {
    boot: readProc('/proc/sys/kernel/random/boot_id')?.trim(),
    host: [hostname(), readProc('/etc/machine-id')?.trim()].filter(Boolean).join(' '),
    namespace: readProcLink('/proc/self/ns/pid'),
  };
  return here;
}

/**
 * What can be seen of a process from here.
 * - `lives`, `gone`: for certain. One that only waits to be asked how it ended is gone.
 * - `earlier-boot`: it ran on this host, before it was started anew. Hosts that were cloned may look alike.
 * - `hidden`: it is, or was, in another PID namespace, on another host, or another user's that hides its processes.
 */
export type Sight = 'lives' | 'gone' | 'earlier-boot' | 'hidden';

/** What can be seen of a process from here. Records of earlier versions name no host and no namespace: they count as this one. */
export function sightOf({ pid, startTicks, boot, host, namespace }: ProcessId): Sight {
  const now = placeHere();
  const sameHost = host === undefined || host === now.host;
  if (boot !== now.boot) {
    // Without /proc nobody knows which boot this is.
    if (!sameHost || now.boot === undefined) return 'hidden';
    if (boot !== undefined) return 'earlier-boot';
  }
  if (boot === undefined && !sameHost) return 'hidden';
  if (namespace !== undefined && namespace !== now.namespace) return 'hidden';
  const answer = signalled(pid);
  if (answer === 'gone') return 'gone';
  const stat = statOf(pid);
  const unseen = stat === undefined && (answer === 'denied' || statOf(process.pid) === undefined);
  if (startTicks !== undefined && unseen) return 'hidden';
  if (startTicks !== undefined && startTicks !== stat?.startTicks) return 'gone';
  return stat !== undefined && isZombie(stat) ? 'gone' : 'lives';
}

function signalled(pid: number): 'there' | 'denied' | 'gone' {
  try {
    process.kill(pid, 0);
    return 'there';
  } catch (error) {
    return codeOf(error) === 'EPERM' ? 'denied' : 'gone';
  }
}

/** Whether a process runs for certain. */
export function lives(process: ProcessId): boolean {
  return sightOf(process) === 'lives';
}

/** Where a process is that cannot be seen from here, in words. */
export function whereabouts({ pid, host, boot }: ProcessId): string {
  const now = placeHere();
  // An archive may be anybody's.
  const name = (text: string | undefined) => sanitizeTerminalLine(text?.split(' ')[0] ?? 'another host');
  if (boot !== undefined && boot === now.boot) {
    const its = host === undefined || host === now.host ? '' : ` (host name ${name(host)})`;
    return `process ${pid} of another PID namespace of this machine${its}`;
  }
  return `process ${pid} on ${name(host)}`;
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
  /** Whether one of its processes runs, waits for a processor, or for a disk, now. */
  readonly runs: boolean;
  /** How long its processes have waited for a processor until now, in ms: on a busy machine that is most of their work. */
  readonly delayedMs: number;
}

/**
 * What every process group has, by its leader's number; none where the system has no /proc.
 * @param delays whether delays are asked for, which take as long again; they are 0 otherwise.
 */
export function usageOfGroups({ delays = false } = {}): ReadonlyMap<number, GroupUsage> {
  const groups = new Map<number, GroupUsage>();
  const none: GroupUsage = { ticks: 0, allTicks: 0, pages: 0, runs: false, delayedMs: 0 };
  for (const pid of processNumbers()) {
    const stat = statOf(pid);
    if (stat === undefined) continue;
    const before = groups.get(stat.group) ?? none;
    groups.set(stat.group, {
      ticks: before.ticks + stat.used,
      allTicks: before.allTicks + stat.used + stat.usedByChildren,
      pages: before.pages + stat.pages,
      runs: before.runs || /^[RD]$/.test(stat.state),
      delayedMs: before.delayedMs + (delays ? delayOf(pid) : 0),
    });
  }
  return groups;
}
