import { readFileSync } from 'node:fs';

/**
 * How many processes the kernel has ended for want of memory since the machine was started (/proc/vmstat, all
 * control groups together); undefined where it does not say.
 */
export function oomKills(): number | undefined {
  try {
    const [, count] = /^oom_kill (\d+)$/m.exec(readFileSync('/proc/vmstat', 'latin1')) ?? [];
    return count === undefined ? undefined : Number(count);
  } catch {
    return undefined;
  }
}
