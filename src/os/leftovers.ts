import { yieldRegularly } from '../util/event-loop-yield.ts';
import { environmentOf, processNumbers } from './proc.ts';

/**
 * Kills the processes that left their instance's process group (setsid, a daemon). They are recognized by an inherited
 * environment variable. Linux only; elsewhere the environment of a process cannot be read.
 * @param variable as `NAME=value`: TEST_RUN for those of a run, TEST_OUTPUTS_PATH for those of one instance.
 * @returns how many were found.
 */
export async function endLeftovers(variable: string): Promise<number> {
  const ended = new Set<number>();
  // Repeats until none is found: the processes may have started others meanwhile.
  for (let pass = 0; pass < passes; pass++) {
    const found = (await processesWith(variable)).filter(kill);
    if (found.length === 0) break;
    for (const pid of found) ended.add(pid);
  }
  return ended.size;
}

const passes = 50;

/** The PIDs of the processes with a variable, `NAME=value`, in their environment; Linux only. */
export async function processesWith(variable: string): Promise<number[]> {
  return await processesWhere((variables) => variables.includes(variable));
}

/** The PIDs of the processes whose environment, as `NAME=value` texts, meets a condition; Linux only. */
export async function processesWhere(isWanted: (variables: readonly string[]) => boolean): Promise<number[]> {
  const found: number[] = [];
  const giveWay = yieldRegularly();
  for (const pid of processNumbers()) {
    if (pid !== process.pid && isWanted(environmentOf(pid))) found.push(pid);
    await giveWay();
  }
  return found;
}

function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}
