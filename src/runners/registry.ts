import {
  type MachineRunners,
  type RunnerCatalog,
  type RunnerInfo,
  runnerInfo,
  type StandIn,
} from '../plan/resolve/runner-info.ts';
import { localExecInfo } from './local-exec/info.ts';
import { localNetnsInfo } from './local-netns/info.ts';
import type { Runner } from './runner.ts';

/** A runner, and how it is loaded. */
interface Entry {
  readonly info: RunnerInfo;
  load(): Promise<Runner>;
  /** Why this machine cannot have it, as text; undefined if it probably can. */
  whyNot(): Promise<string | undefined>;
  /** Starts what it needs before the rest of tg is loaded. */
  prewarm(): Promise<void>;
}

const localExec: Entry = {
  info: localExecInfo,
  load: async () => (await import('./local-exec/local-exec.ts')).localExec,
  whyNot: async () => undefined,
  prewarm: async () => (await import('./process/launch/prewarm.ts')).prewarmLauncher(),
};

const localNetns: Entry = {
  info: localNetnsInfo,
  load: async () => (await import('./local-netns/local-netns.ts')).localNetns,
  whyNot: async () => await (await import('./local-netns/availability.ts')).whyNoNetworks(),
  prewarm: async () => {},
};

/** The runners, and how each is loaded: only the one that is used. A new runner is added here. */
const registry = [localExec, localNetns];

/** The runners in the order in which they stand in for those of Testground's: the first one that the machine can have. */
const asStandIns = [localNetns, localExec];

/** All runners, as resolving a run needs to know them. The first one is the default. */
export const runnerCatalog: RunnerCatalog = {
  ready: registry.map(({ info }) => info),
  planned: ['cluster:k8s', 'cluster:swarm'],
};

/**
 * The runners of this machine. What stands in for a runner of Testground's depends on the machine, and is found out
 * for the given names only.
 * @param names all names of runners that a request mentions.
 */
export async function machineRunners(names: readonly (string | undefined)[]): Promise<MachineRunners> {
  const replaced = new Set(asStandIns.flatMap(({ info }) => Object.keys(info.replaces)));
  const asked = [...replaced].filter((name) => names.includes(name));
  const found = await Promise.all(asked.map(async (name) => [name, await standInFor(name)] as const));
  return { ...runnerCatalog, standIns: Object.fromEntries(found) };
}

async function standInFor(name: string): Promise<StandIn> {
  const missing: string[] = [];
  for (const { info, whyNot } of asStandIns) {
    const text = info.replaces[name];
    if (text === undefined) continue;
    const why = await whyNot();
    const note = [text, ...missing].join('. ');
    if (why === undefined) return { id: info.id, note };
    missing.push(`${info.id} is not available: ${why}`);
  }
  throw new Error(`nothing stands in for ${name}`);
}

/**
 * Starts what a runner needs before the rest of tg is loaded, if it gains from that.
 * @param asked the name of the runner, if a flag gives it; the default otherwise.
 */
export async function prewarmRunner(asked: string | undefined): Promise<void> {
  const info = asked === undefined ? runnerCatalog.ready[0] : runnerInfo(runnerCatalog, asked);
  await registry.find((entry) => entry.info === info)?.prewarm();
}

/** Loads the runner with an ID. */
export async function runnerOf(id: string): Promise<Runner> {
  const entry = registry.find(({ info }) => info.id === id);
  if (entry === undefined) throw new Error(`no runner has the ID ${id}`);
  return await entry.load();
}
