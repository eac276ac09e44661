import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Ends the processes of a run that left their instance's process group (setsid, a daemon): they are told by the run's
 * ID in the environment that they inherited. Linux only; elsewhere the environment of a process cannot be read.
 * @returns how many there were.
 */
export async function endLeftovers(runId: string): Promise<number> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  let ended = 0;
  for (const pid of pids) {
    // Gone in the meantime, or somebody else's: not ours.
    const environ = await readFile(join('/proc', pid, 'environ'), 'latin1').catch(() => '');
    if (Number(pid) !== process.pid && environ.split('\0').includes(`TEST_RUN=${runId}`) && kill(Number(pid)))
      ended++;
  }
  return ended;
}

function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}
