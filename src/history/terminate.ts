import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { endLeftovers } from '../leftovers.ts';
import { lives, type ProcessId } from '../process-id.ts';
import { removeTree } from '../remove-tree.ts';
import { removeRunKeys } from '../sync/remove-run-keys.ts';
import { isTempFolderFor } from '../temp-folder.ts';
import type { RunRecord } from './record.ts';

/** How long, in ms, a run has to end in order, and then to end at once. */
const patience = { order: 10_000, once: 5_000 };
const lookEvery = 50;

/**
 * Ends a run that goes on: whoever carries it out is told, and ends it in order. What is left of one that was interrupted
 * is ended too.
 * @returns what was done, in words; undefined where there was nothing to do.
 */
export async function terminateRun({ owner, runId, state }: RunRecord): Promise<string | undefined> {
  if (state === 'processing' && lives(owner)) {
    const ended =
      (await endedBy(owner, 'SIGTERM', patience.order)) || (await endedBy(owner, 'SIGTERM', patience.once));
    if (!ended) signal(owner.pid, 'SIGKILL');
    await endWhatIsLeft(runId);
    return ended ? 'terminated' : 'killed';
  }
  const ended = await endWhatIsLeft(runId);
  return ended === 0 ? undefined : `ended ${ended} process${ended === 1 ? '' : 'es'} that it had left behind`;
}

/**
 * Ends the processes of a run whose owner has gone, and removes its temporary folder, and its keys from the Redis of
 * TG_REDIS_URL. @returns how many processes there were.
 */
export async function endWhatIsLeft(runId: string): Promise<number> {
  const ended = await endLeftovers(`TEST_RUN=${runId}`);
  const names = (await readdir(tmpdir()).catch(() => [])).filter((name) => isTempFolderFor(runId, name));
  for (const name of names) await removeTree(join(tmpdir(), name)).catch(() => {});
  await removeRunKeys(runId, process.env['TG_REDIS_URL']);
  return ended;
}

async function endedBy(owner: ProcessId, name: NodeJS.Signals, ms: number): Promise<boolean> {
  signal(owner.pid, name);
  for (const deadline = performance.now() + ms; performance.now() < deadline; ) {
    if (!lives(owner)) return true;
    await sleep(lookEvery);
  }
  return false;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has gone.
  }
}
