import type { RunRecord } from '../history/record.ts';
import { runnerInfo } from '../plan/resolve/runner-info.ts';
import { runnerCatalog, runnerOf } from '../runners/registry.ts';

/** What is needed of a run to find what it has left behind. */
type RunOfRunner = Pick<RunRecord, 'runId' | 'runner'>;

/** Whether this version of tg has the runner of a run, and so can end what the run has left behind. */
export function isRunnerKnown({ runner }: RunOfRunner): boolean {
  return runnerInfo(runnerCatalog, runner) !== undefined;
}

/** Ends what a run has left behind; nothing if its runner is unknown. @see Runner.endLeftovers */
export async function endLeftoversOf(run: RunOfRunner): Promise<string | undefined> {
  return isRunnerKnown(run) ? await (await runnerOf(run.runner)).endLeftovers(run.runId) : undefined;
}

/** What runs of known runners have left behind, one text for each runner: `2 processes`. */
export async function leftoversOf(runs: readonly RunOfRunner[]): Promise<string[]> {
  const runners = new Set(runs.filter(isRunnerKnown).map(({ runner }) => runner));
  const texts = [...runners].map(async (id) => {
    const its = runs.filter(({ runner }) => runner === id);
    return await (await runnerOf(id)).leftovers(new Set(its.map(({ runId }) => runId)));
  });
  return (await Promise.all(texts)).filter((text) => text !== undefined);
}
