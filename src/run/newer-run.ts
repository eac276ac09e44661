import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import type { Home } from '../os/home.ts';
import { ownProcessId } from '../os/process-id.ts';
import { processIdSchema } from '../os/process-id-schema.ts';
import { readFirstRecord } from '../outputs/journal.ts';
import { knownRunDirs } from '../outputs/layout.ts';
import type { RunSpec } from '../plan/run-spec.ts';
import { TgError } from '../util/errors.ts';

/** How often, in ms, the home is checked. */
const pollIntervalMs = 500;

const queued = z.object({
  owner: processIdSchema,
  spec: z.looseObject({ metadata: z.object({ repo: z.string(), branch: z.string() }) }),
});

/** Detects a newer run that cancels one whose instances have not started. */
export interface NewerRunWatch extends Disposable {
  /** Aborts when there is a newer run; its reason is text. */
  readonly signal: AbortSignal;
  /**
   * Checks a last time and stops watching.
   * @throws TgError (superseded) if there is a newer run.
   */
  throwIfThere(): Promise<void>;
  /** The same error, if a newer run has been seen. */
  problem(): TgError | undefined;
}

/**
 * Watches for a newer run of the same repository and branch, from another tg with the same home. Testground removes
 * the older run from its queue in this case. A run whose instances have started continues.
 * @returns undefined for a run without a repository or a branch.
 */
export function watchForNewerRun(spec: RunSpec, home: Home): NewerRunWatch | undefined {
  const { repo, branch } = spec.metadata;
  if (repo === '' || branch === '') return undefined;
  const found = new AbortController();
  const over = new AbortController();
  let problem: TgError | undefined;
  const poll = async () => {
    const newer = await newerRunOf(spec, home);
    if (newer === undefined || found.signal.aborted) return;
    problem = new TgError('superseded', `canceled by ${newer}, a newer run of ${repo} ${branch}`, {
      hint: 'A run that has not started its instances is canceled by a newer run of the same repository and branch.',
    });
    found.abort(problem.message);
  };
  const watch = async () => {
    while (!over.signal.aborted && !found.signal.aborted) {
      await poll();
      await sleep(pollIntervalMs, undefined, { signal: over.signal, ref: false }).catch(() => {});
    }
  };
  void watch();
  return {
    signal: found.signal,
    problem: () => problem,
    async throwIfThere() {
      over.abort();
      await poll();
      if (problem !== undefined) throw problem;
    },
    [Symbol.dispose]: () => over.abort(),
  };
}

/** The newest run of the same repository and branch that another tg has queued later than this one. */
async function newerRunOf({ runId, metadata }: RunSpec, home: Home): Promise<string | undefined> {
  const own = JSON.stringify(processIdSchema.parse(ownProcessId()));
  for (const dir of await knownRunDirs(home)) {
    // The newest come first.
    if (basename(dir) <= runId) return undefined;
    const first = queued.safeParse(readFirstRecord(dir)).data;
    const { repo, branch } = first?.spec.metadata ?? {};
    const isSame = repo === metadata.repo && branch === metadata.branch;
    if (isSame && JSON.stringify(first?.owner) !== own) return basename(dir);
  }
  return undefined;
}
