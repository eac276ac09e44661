import { type RunnerCatalog, runnerNamed } from '../plan/resolve/runner-info.ts';
import { localExecInfo } from './local-exec/info.ts';
import { localNetnsInfo } from './local-netns/info.ts';
import type { Runner } from './runner.ts';

/** The runners, and how each is loaded: only the one that is used. A new runner is added here. */
const registry = [
  {
    info: localExecInfo,
    load: async (): Promise<Runner> => (await import('./local-exec/local-exec.ts')).localExec,
    prewarm: async () => (await import('./process/launch/prewarm.ts')).prewarmLauncher(),
  },
  {
    info: localNetnsInfo,
    load: async (): Promise<Runner> => (await import('./local-netns/local-netns.ts')).localNetns,
    prewarm: async () => {},
  },
] as const;

/** All runners, as resolving a run needs to know them. The first one is the default. */
export const runnerCatalog: RunnerCatalog = {
  ready: registry.map(({ info }) => info),
  planned: ['cluster:k8s', 'cluster:swarm'],
};

/**
 * Starts what a runner needs before the rest of tg is loaded, if it gains from that.
 * @param asked the name of the runner, if a flag gives it; the default otherwise.
 */
export async function prewarmRunner(asked: string | undefined): Promise<void> {
  const info = asked === undefined ? runnerCatalog.ready[0] : runnerNamed(runnerCatalog, asked);
  await registry.find((entry) => entry.info === info)?.prewarm();
}

/** Loads the runner with an ID. */
export async function runnerOf(id: string): Promise<Runner> {
  const entry = registry.find(({ info }) => info.id === id);
  if (entry === undefined) throw new Error(`no runner has the ID ${id}`);
  return await entry.load();
}
