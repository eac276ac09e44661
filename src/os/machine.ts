import { availableParallelism, cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { readProc } from './proc.ts';

/** Counters of the machine, and its state at one moment. Null is unknown. */
export interface MachineReading {
  /** When it was read, in ms of a monotonic clock. */
  readonly at: number;
  /** How many processors tg and its instances may use; not always a whole number. */
  readonly cores: number;
  /** The time of these processors since the machine booted, in a unit of its own. */
  readonly time: ProcessorTime | null;
  /** The limit of the control group of tg, and the time that the group has used; null without a limit. */
  readonly quota: { readonly cores: number; readonly usedMs: number } | null;
  /** Memory in use that the kernel cannot reclaim, as a share of all, from 0 to 1. */
  readonly memory: number | null;
  /** The load average over one minute. */
  readonly load: number | null;
}

interface ProcessorTime {
  readonly all: number;
  readonly idle: number;
  /** Taken by the hypervisor for other machines. */
  readonly stolen: number | null;
}

/**
 * Reads the machine: on Linux from /proc and /sys, elsewhere what Node reports.
 * @param root the folder that holds `proc` and `sys`.
 */
export function readMachine(root = '/'): MachineReading {
  const read = (file: string) => readProc(join(root, file));
  const allowed = allowedIn(read('proc/self/status') ?? '');
  const linux = linuxTime(read('proc/stat') ?? '', allowed);
  const quota = quotaIn(read);
  const cores = linux?.cores ?? availableParallelism();
  return {
    at: performance.now(),
    cores: Math.min(cores, quota?.cores ?? cores),
    time: linux?.time ?? nodeTime(),
    quota,
    memory: memoryIn(read('proc/meminfo') ?? ''),
    // Windows has no load average: Node reports zeros.
    load: process.platform === 'win32' ? null : (loadavg()[0] ?? null),
  };
}

/** The processors that a process may run on: `Cpus_allowed_list: 0-3,7` (proc(5)); undefined if not known. */
function allowedIn(status: string): ReadonlySet<number> | undefined {
  const list = /^Cpus_allowed_list:\s*([\d,-]+)$/m.exec(status)?.[1];
  if (list === undefined) return undefined;
  return new Set(
    list.split(',').flatMap((range) => {
      const [first = 0, last = first] = range.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    }),
  );
}

/**
 * The time of processors, from /proc/stat (proc(5)): user, nice, system, idle, iowait, irq, softirq, steal. Guest time
 * is a part of user time.
 */
function linuxTime(
  stat: string,
  allowed: ReadonlySet<number> | undefined,
): { readonly cores: number; readonly time: ProcessorTime } | undefined {
  const lines = [...stat.matchAll(/^cpu(\d+) (.*)$/gm)].filter(
    ([, number]) => allowed?.has(Number(number)) ?? true,
  );
  if (lines.length === 0) return undefined;
  let [all, idle, stolen] = [0, 0, 0];
  for (const [, , text = ''] of lines) {
    const ticks = text.split(' ').slice(0, 8).map(Number);
    all += ticks.reduce((sum, each) => sum + each, 0);
    idle += (ticks[3] ?? 0) + (ticks[4] ?? 0);
    stolen += ticks[7] ?? 0;
  }
  return { cores: lines.length, time: { all, idle, stolen } };
}

function nodeTime(): ProcessorTime | null {
  const all = cpus().map(({ times }) => times);
  if (all.length === 0) return null;
  const total = (of: (times: (typeof all)[number]) => number) => all.reduce((sum, each) => sum + of(each), 0);
  return {
    all: total(({ user, nice, sys, idle, irq }) => user + nice + sys + idle + irq),
    idle: total(({ idle }) => idle),
    stolen: null,
  };
}

/** From `/proc/meminfo`. What other systems call free memory leaves out caches, so it is unknown there. */
function memoryIn(meminfo: string): number | null {
  const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(meminfo)?.[1]);
  const [all, available] = [kilobytes('MemTotal'), kilobytes('MemAvailable')];
  return all > 0 && available >= 0 ? 1 - available / all : null;
}

/** The limit of a container: cpu.max and cpu.stat of the control group (the kernel's cgroup-v2.rst). */
function quotaIn(read: (file: string) => string | undefined): MachineReading['quota'] {
  const group = /^0::(\/.*)$/m.exec(read('proc/self/cgroup') ?? '')?.[1];
  if (group === undefined) return null;
  const folder = `sys/fs/cgroup${group}`;
  const [limit = 0, period = 0] = (read(`${folder}/cpu.max`) ?? '').split(' ').map(Number);
  const used = /^usage_usec (\d+)$/m.exec(read(`${folder}/cpu.stat`) ?? '')?.[1];
  // Without a limit, it is the word `max`.
  if (used === undefined || !(limit > 0 && period > 0)) return null;
  return { cores: limit / period, usedMs: Number(used) / 1_000 };
}
