import { hostname } from 'node:os';
import { codeOf } from '../util/errors.ts';
import { sanitizeTerminalLine } from '../util/sanitize-terminal.ts';
import { delayOf, isZombie, processNumbers, readProc, readProcLink, statOf } from './proc.ts';

/** A process, distinguished from later ones with the same PID by its start time and the boot of the machine. */
export interface ProcessId {
  readonly pid: number;
  /** Clock ticks since boot; undefined if the system has no /proc. */
  readonly startTicks?: string | undefined;
  /** The kernel's ID of this boot; undefined if it has none. */
  readonly boot?: string | undefined;
  /** The machine: host name and machine ID, if it has one. Undefined in records of earlier versions. */
  readonly host?: string | undefined;
  /** The PID namespace of `pid`; undefined if the system has none. */
  readonly namespace?: string | undefined;
}

/** The process that has a PID now. */
export function processIdOf(pid: number): ProcessId {
  return thatStartedAt(pid, statOf(pid)?.startTicks);
}

/** A process of this boot, by its start time. */
export function thatStartedAt(pid: number, startTicks: string | undefined): ProcessId {
  return { pid, startTicks, boot: placeHere().boot };
}

/** This process, as identified from other namespaces and hosts. */
export function ownProcessId(): ProcessId {
  return { ...processIdOf(process.pid), ...placeHere() };
}

/** A reference to a process, as events and records have it. */
export function processRef({ pid, ...rest }: ProcessId) {
  return { kind: 'process', id: String(pid), ...rest } as const;
}

/** The scope in which PIDs identify the same processes. */
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
 * - `lives`, `gone`: certain. A zombie is gone.
 * - `earlier-boot`: it ran on this host before a reboot. Cloned hosts may look alike.
 * - `hidden`: it is, or was, in another PID namespace or on another host, or belongs to another user and is hidden.
 */
export type Sight = 'lives' | 'gone' | 'earlier-boot' | 'hidden';

/** Looks for a process from here. Records of earlier versions name no host and no namespace: they count as this one. */
export function sightOf({ pid, startTicks, boot, host, namespace }: ProcessId): Sight {
  const now = placeHere();
  const sameHost = host === undefined || host === now.host;
  if (boot !== now.boot) {
    // Without /proc the current boot is unknown.
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

/** Whether a process is certainly running. */
export function lives(process: ProcessId): boolean {
  return sightOf(process) === 'lives';
}

/** Describes where a process runs that is not visible from here. */
export function whereabouts({ pid, host, boot }: ProcessId): string {
  const now = placeHere();
  // The record may come from an untrusted archive.
  const name = (text: string | undefined) => sanitizeTerminalLine(text?.split(' ')[0] ?? 'another host');
  if (boot !== undefined && boot === now.boot) {
    const its = host === undefined || host === now.host ? '' : ` (host name ${name(host)})`;
    return `process ${pid} in another PID namespace on this machine${its}`;
  }
  return `process ${pid} on ${name(host)}`;
}

/** Whether a process is stopped: by a SIGSTOP, a Ctrl-Z or a debugger. */
export function isSuspended(pid: number): boolean {
  return /^[Tt]$/.test(statOf(pid)?.state ?? '');
}

/** The resource usage of a process group. */
export interface GroupUsage {
  /** Its CPU time so far, in clock ticks (10 ms each). */
  readonly ticks: number;
  /** The same, including processes that have ended. */
  readonly allTicks: number;
  /** Its memory in pages; shared pages count for each process. */
  readonly pages: number;
  /** Whether one of its processes has not ended; a zombie has. */
  readonly lives: boolean;
  /** Whether one of its processes is running, runnable, or waiting for a disk. */
  readonly runs: boolean;
  /** How long its processes have waited for a processor so far, in ms; on a busy machine that is most of their time. */
  readonly delayedMs: number;
}

/**
 * The usage of every process group, by its leader's PID; empty if the system has no /proc.
 * @param delays whether to read delays, which doubles the cost; they are 0 otherwise.
 */
export function usageOfGroups({ delays = false } = {}): ReadonlyMap<number, GroupUsage> {
  const groups = new Map<number, GroupUsage>();
  const none: GroupUsage = { ticks: 0, allTicks: 0, pages: 0, lives: false, runs: false, delayedMs: 0 };
  for (const pid of processNumbers()) {
    const stat = statOf(pid);
    if (stat === undefined) continue;
    const before = groups.get(stat.group) ?? none;
    groups.set(stat.group, {
      ticks: before.ticks + stat.used,
      allTicks: before.allTicks + stat.used + stat.usedByChildren,
      pages: before.pages + stat.pages,
      lives: before.lives || !isZombie(stat),
      runs: before.runs || /^[RD]$/.test(stat.state),
      delayedMs: before.delayedMs + (delays ? delayOf(pid) : 0),
    });
  }
  return groups;
}
