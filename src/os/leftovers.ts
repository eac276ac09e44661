import { yieldRegularly } from '../util/event-loop-yield.ts';
import { environmentOf, processNumbers } from './proc.ts';

/**
 * Ends the processes that left their instance's process group (setsid, a daemon): they are told by a variable that they
 * inherited. Linux only; elsewhere the environment of a process cannot be read.
 * @param variable as `NAME=value`: TEST_RUN for those of a run, TEST_OUTPUTS_PATH for those of one instance.
 * @returns how many there were.
 */
export async function endLeftovers(variable: string): Promise<number> {
  const ended = new Set<number>();
  // Again until nobody is found: those that were, may have started others meanwhile.
  for (let pass = 0; pass < passes; pass++) {
    const found = (await processesWith(variable)).filter(kill);
    if (found.length === 0) break;
    for (const pid of found) ended.add(pid);
  }
  return ended.size;
}

const passes = 50;

/** The numbers of the processes that have a variable, `NAME=value`, in their environment; Linux only. */
export async function processesWith(variable: string): Promise<number[]> {
  return await processesWhere((variables) => variables.includes(variable));
}

/** The numbers of the processes that belong to some runs, by their IDs; Linux only. */
export async function processesOfRuns(runIds: ReadonlySet<string>): Promise<number[]> {
  if (runIds.size === 0) return [];
  const prefix = 'TEST_RUN=';
  return await processesWhere((variables) =>
    variables.some((variable) => variable.startsWith(prefix) && runIds.has(variable.slice(prefix.length))),
  );
}

async function processesWhere(isWanted: (variables: readonly string[]) => boolean): Promise<number[]> {
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
