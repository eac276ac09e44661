import { processNumbers, readProc } from '../../os/proc.ts';
import { TgError } from '../../util/errors.ts';
import { isBeyondLimits } from './privileges.ts';

/** How many files tg itself has open, about. */
export const ownFiles = 40;
/** What it has open for an instance: its two outputs and the place where it listens for it; */
const filesEach = 3;
/** and two connections and its metrics, where it uses an SDK. */
const filesWithSdk = 6;

/** A program in Node or Go has about so many threads, which count as processes. */
const threadsEach = 11;

/** How many instances fit what files a process may have open; Infinity where nobody says. */
export function instancesWithin(files: number): number {
  return Math.floor((files - ownFiles) / filesWithSdk);
}

/** A limit of this machine that a run may not fit. */
export interface Limit {
  /** What there may be so many of, in words: `open files (ulimit -n)`. */
  readonly of: string;
  readonly most: number;
  readonly used: number;
}

/**
 * Sees that a run fits the limits of open files and processes.
 * @returns what may not suffice, in words.
 * @throws TgError (environment) naming the limit that is too small in any case.
 */
export function checkLimits(instances: number, files: Limit, processes: readonly Limit[]): string[] {
  refuseBeyond(files, instances * filesEach + ownFiles, instances);
  for (const limit of processes) refuseBeyond(limit, instances, instances);
  const perhaps = (limit: Limit, wanted: number) =>
    limit.used + wanted <= limit.most
      ? []
      : [
          `${instances} instances may need ${wanted} ${limit.of}, and there may be ${limit.most}: raise that if they fail`,
        ];
  return [
    ...perhaps(files, instances * filesWithSdk + ownFiles),
    ...processes.flatMap((limit) => perhaps(limit, instances * threadsEach)),
  ];
}

function refuseBeyond({ of, most, used }: Limit, wanted: number, instances: number): void {
  if (used + wanted <= most) return;
  const beside = used === 0 ? '' : `, and ${used} are in use`;
  throw new TgError(
    'environment',
    `${instances} instances do not fit this machine: they need ${wanted} ${of}`,
    {
      hint: `There may be ${most}${beside}. Raise that limit, or run fewer instances.`,
    },
  );
}

/** How many files tg may have open; Node raises the soft limit to the hard one itself. */
export function fileLimit(): Limit {
  return { of: 'open files (ulimit -n)', most: ownLimit('Max open files'), used: 0 };
}

/** All limits of processes that hold here: the user's, the control group's, the kernel's. */
export function processLimits(): Limit[] {
  const user = ownLimit('Max processes');
  return [
    ...(Number.isFinite(user) && !isBeyondLimits()
      ? [{ of: 'processes (ulimit -u)', most: user, used: threadsOf(process.getuid?.() ?? 0) }]
      : []),
    ...groupLimits(),
    {
      of: 'processes (kernel.pid_max)',
      most: numberIn('/proc/sys/kernel/pid_max'),
      used: processNumbers().length,
    },
  ];
}

function ownLimit(name: string): number {
  const [, most] = new RegExp(`^${name}\\s+(\\d+)`, 'm').exec(readProc('/proc/self/limits') ?? '') ?? [];
  return most === undefined ? Number.POSITIVE_INFINITY : Number(most);
}

/** Control groups, version 2: how many processes there may be in this group and in each of those around it. */
function groupLimits(): Limit[] {
  const [, path = ''] = /^0::(\/.*)$/m.exec(readProc('/proc/self/cgroup') ?? '') ?? [];
  const parts = path.split('/').filter((part) => part !== '');
  const groups = parts.map((_, index) => parts.slice(0, parts.length - index).join('/'));
  return [...groups, ''].flatMap((group) => {
    const most = numberIn(`/sys/fs/cgroup/${group}/pids.max`);
    const used = numberIn(`/sys/fs/cgroup/${group}/pids.current`);
    return Number.isFinite(most)
      ? [{ of: `processes (pids.max of the control group /${group})`, most, used }]
      : [];
  });
}

/** How many threads a user has: they count as processes. */
export function threadsOf(user: number): number {
  return processNumbers().reduce((sum, pid) => {
    const status = readProc(`/proc/${pid}/status`) ?? '';
    const [, owner] = /^Uid:\s+(\d+)/m.exec(status) ?? [];
    const [, threads] = /^Threads:\s+(\d+)/m.exec(status) ?? [];
    return Number(owner) === user ? sum + Number(threads ?? 1) : sum;
  }, 0);
}

/** Infinity where the file says `max`, or is not there. */
function numberIn(file: string): number {
  const text = readProc(file)?.trim() ?? '';
  return /^\d+$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY;
}
