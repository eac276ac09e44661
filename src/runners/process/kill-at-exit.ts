import { signalGroup } from './process-group.ts';

const running = new Set<number>();

function killAll(): void {
  for (const pid of running) signalGroup(pid, 'SIGKILL');
}

/**
 * Kills a process group if this process exits first. The watchdog would do it too, but only after a program that uses
 * the library has gone.
 * @param pid the group's ID.
 * @param exited settles when the group's first process has ended.
 */
export function killAtExit(pid: number, exited: Promise<unknown>): void {
  if (running.size === 0) process.on('exit', killAll);
  running.add(pid);
  const forget = () => {
    running.delete(pid);
    if (running.size === 0) process.off('exit', killAll);
  };
  exited.then(forget, forget);
}
