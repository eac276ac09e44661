import { readProc } from '../../os/proc.ts';

/**
 * The number of processes that the kernel's OOM killer has killed since boot, over all control groups
 * (/proc/vmstat); undefined if the system does not report it.
 */
export function oomKills(): number | undefined {
  const [, count] = /^oom_kill (\d+)$/m.exec(readProc('/proc/vmstat') ?? '') ?? [];
  return count === undefined ? undefined : Number(count);
}
