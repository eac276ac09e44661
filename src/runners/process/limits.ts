import { isBeyondLimits } from '../../os/privileges.ts';
import { processNumbers, readProc } from '../../os/proc.ts';
import { TgError } from '../../util/errors.ts';

/** The approximate number of files that tg itself has open. */
export const ownFiles = 40;
/** Open files per instance: two outputs and a listening socket. */
const filesEach = 3;
/** Open files per instance with an SDK: also two connections and its metrics. */
const filesWithSdk = 6;

/** The approximate number of threads of a Node or Go program; threads count as processes. */
const threadsEach = 11;

/** How many instances fit a limit of open files; Infinity if there is no limit. */
export function instancesWithin(files: number): number {
  return Math.floor((files - ownFiles) / filesWithSdk);
}

/** A resource limit of this machine. */
export interface Limit {
  /** The resource, as text: `open files (ulimit -n)`. */
  readonly of: string;
  readonly max: number;
  readonly used: number;
}

/**
 * Checks that a run fits the limits of open files and processes.
 * @returns warnings about limits that may be too low.
 * @throws TgError (environment) naming the limit that is certainly too low.
 */
export function checkLimits(instances: number, files: Limit, processes: readonly Limit[]): string[] {
  refuseBeyond(files, instances * filesEach + ownFiles, instances);
  for (const limit of processes) refuseBeyond(limit, instances, instances);
  const perhaps = (limit: Limit, wanted: number) =>
    limit.used + wanted <= limit.max
      ? []
      : [
          `${instances} instances may need ${wanted} ${limit.of}, but the limit is ${limit.max}: raise it if they fail`,
        ];
  return [
    ...perhaps(files, instances * filesWithSdk + ownFiles),
    ...processes.flatMap((limit) => perhaps(limit, instances * threadsEach)),
  ];
}

function refuseBeyond({ of, max, used }: Limit, wanted: number, instances: number): void {
  if (used + wanted <= max) return;
  const beside = used === 0 ? '' : `, and ${used} are in use`;
  throw new TgError(
    'environment',
    `${instances} instances do not fit this machine: they need ${wanted} ${of}`,
    {
      hint: `The limit is ${max}${beside}. Raise it, or run fewer instances.`,
    },
  );
}

/** The limit of open files; Node itself raises the soft limit to the hard one. */
export function fileLimit(): Limit {
  return { of: 'open files (ulimit -n)', max: ownLimit('Max open files'), used: 0 };
}

/** All limits of processes that apply here: the user's, the control groups' and the kernel's. */
export function processLimits(): Limit[] {
  const user = ownLimit('Max processes');
  return [
    ...(Number.isFinite(user) && !isBeyondLimits()
      ? [{ of: 'processes (ulimit -u)', max: user, used: threadsOf(process.getuid?.() ?? 0) }]
      : []),
    ...groupLimits(),
    {
      of: 'processes (kernel.pid_max)',
      max: numberIn('/proc/sys/kernel/pid_max'),
      used: processNumbers().length,
    },
  ];
}

function ownLimit(name: string): number {
  const [, max] = new RegExp(`^${name}\\s+(\\d+)`, 'm').exec(readProc('/proc/self/limits') ?? '') ?? [];
  return max === undefined ? Number.POSITIVE_INFINITY : Number(max);
}

/** The process limits of this control group (version 2) and of its ancestors. */
function groupLimits(): Limit[] {
  const [, path = ''] = /^0::(\/.*)$/m.exec(readProc('/proc/self/cgroup') ?? '') ?? [];
  const parts = path.split('/').filter((part) => part !== '');
  const groups = parts.map((_, index) => parts.slice(0, parts.length - index).join('/'));
  return [...groups, ''].flatMap((group) => {
    const max = numberIn(`/sys/fs/cgroup/${group}/pids.max`);
    const used = numberIn(`/sys/fs/cgroup/${group}/pids.current`);
    return Number.isFinite(max)
      ? [{ of: `processes (pids.max of the control group /${group})`, max, used }]
      : [];
  });
}

/** The number of a user's threads, which count as processes. */
export function threadsOf(user: number): number {
  return processNumbers().reduce((sum, pid) => {
    const status = readProc(`/proc/${pid}/status`) ?? '';
    const [, owner] = /^Uid:\s+(\d+)/m.exec(status) ?? [];
    const [, threads] = /^Threads:\s+(\d+)/m.exec(status) ?? [];
    return Number(owner) === user ? sum + Number(threads ?? 1) : sum;
  }, 0);
}

/** Infinity if the file says `max` or does not exist. */
function numberIn(file: string): number {
  const text = readProc(file)?.trim() ?? '';
  return /^\d+$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY;
}
