import { readProc } from '../../os/proc.ts';

/**
 * How many processes the kernel has ended for want of memory since the machine was started (/proc/vmstat, all
 * control groups together); undefined where it does not say.
 */
export function oomKills(): number | undefined {
  const [, count] = /^oom_kill (\d+)$/m.exec(readProc('/proc/vmstat') ?? '') ?? [];
  return count === undefined ? undefined : Number(count);
}
