import { setTimeout as sleep } from 'node:timers/promises';
import { lives, type ProcessId } from '../os/process-id.ts';
import type { RunKeys } from '../sync/remove-run-keys.ts';
import { codeOf } from '../util/errors.ts';
import type { RunRecord } from './record.ts';

/** How long, in ms, a run may take to end after the first SIGTERM (gracefully) and the second (at once). */
const timeoutsMs = { order: 10_000, once: 5_000 };
const pollIntervalMs = 50;

/** The result of terminating a run. */
export interface Terminated {
  /** `left-alone`: its owner cannot be seen from here, or belongs to another user. */
  readonly how: 'ended' | 'nothing-to-do' | 'left-alone';
  /** What was done, or why nothing was done. */
  readonly text: string;
}

/** What terminating a run needs besides its record. */
export interface CleanUp {
  /** Removes the run's keys from its Redis. */
  readonly keys: RunKeys;
  /** Ends what the run has left behind; see Runner.endLeftovers. */
  readonly endLeftovers: (record: RunRecord) => Promise<string | undefined>;
}

/**
 * Terminates a run. A running owner gets a SIGTERM and ends the run gracefully; what an interrupted run left behind
 * is ended too. A process in another PID namespace or on another host never gets a signal, because its PID means
 * another process here.
 * @param force whether to end the visible processes of a run whose owner cannot be seen.
 */
export async function terminateRun(record: RunRecord, cleanUp: CleanUp, force = false): Promise<Terminated> {
  const { owner, state, unseenOwner } = record;
  if (state === 'processing' && lives(owner)) return await endOwner(record, cleanUp);
  if (unseenOwner !== '' && !force) {
    const hint = 'end it there, or add --force to end those of its processes that can be seen from here';
    return { how: 'left-alone', text: `left alone: its owner is ${unseenOwner}: ${hint}` };
  }
  const ended = await endWhatIsLeft(record, cleanUp);
  return ended === undefined
    ? { how: 'nothing-to-do', text: 'it had left nothing behind' }
    : { how: 'ended', text: `ended ${ended} that it had left behind` };
}

async function endOwner(record: RunRecord, cleanUp: CleanUp): Promise<Terminated> {
  const { owner } = record;
  if (!signal(owner, 0))
    return {
      how: 'left-alone',
      text: `left alone: its owner, process ${owner.pid}, belongs to another user`,
    };
  const ended =
    (await endedBy(owner, 'SIGTERM', timeoutsMs.order)) || (await endedBy(owner, 'SIGTERM', timeoutsMs.once));
  if (!ended) signal(owner, 'SIGKILL');
  await endWhatIsLeft(record, cleanUp);
  return { how: 'ended', text: ended ? 'terminated' : 'killed' };
}

/**
 * Ends what a run whose owner has ended has left behind, and removes its keys. The keys stay if the owner may be running
 * elsewhere: the run would fail without them.
 * @returns what was ended, as text; undefined if there was nothing.
 */
export async function endWhatIsLeft(
  record: RunRecord,
  { keys, endLeftovers }: CleanUp,
): Promise<string | undefined> {
  const ended = await endLeftovers(record);
  if (record.store === 'redis' && record.unseenOwner === '') await keys.remove(record.runId);
  return ended;
}

async function endedBy(owner: ProcessId, name: NodeJS.Signals, ms: number): Promise<boolean> {
  signal(owner, name);
  for (const deadline = performance.now() + ms; performance.now() < deadline; ) {
    if (!lives(owner)) return true;
    await sleep(pollIntervalMs);
  }
  return false;
}

/**
 * Sends a signal only while the PID still belongs to the owner.
 * @returns whether signals are permitted or the owner has ended.
 */
function signal(owner: ProcessId, name: NodeJS.Signals | 0): boolean {
  if (!lives(owner)) return true;
  try {
    return process.kill(owner.pid, name);
  } catch (error) {
    return codeOf(error) !== 'EPERM';
  }
}
