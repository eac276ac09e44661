import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import pLimit from 'p-limit';
import { nowMs } from '../os/clock.ts';
import { endLeftovers } from '../os/leftovers.ts';
import type { GroupSpec } from '../plan/run-spec.ts';
import { runPrefix } from '../sync/protocol.ts';
import { keysOfRun } from '../sync/server/own-keys.ts';
import { SyncServer } from '../sync/server/server.ts';
import type { Stop } from './events/events.ts';
import { freePorts } from './free-ports.ts';
import type { GroupContext } from './instance/group-context.ts';
import { type StartedInstance, startInstance } from './instance/instance.ts';
import type { InstanceId } from './instance/instance-id.ts';
import { InstanceRegistry } from './instance/registry.ts';
import { readShippedFiles } from './instance/shipped-files.ts';
import { pathWithTg } from './instance/tg-on-path.ts';
import { makeTempRoot } from './instance/workplace.ts';
import { checkPrograms } from './machine/needed-programs.ts';
import { oomKills } from './machine/oom.ts';
import { OutputGuard } from './machine/output-guard.ts';
import { OutputWatcher } from './output-watcher.ts';
import { watchProgress } from './progress-watch.ts';
import { type RunContext, type Runner, stopOf } from './runner.ts';
import { type ServiceName, serviceName } from './service-name.ts';
import { startSidecar } from './sidecar.ts';
import { StallWatch } from './stall/stall-watch.ts';
import { SyncRecord } from './sync-record.ts';

/** local:exec: every instance is a process on this machine. */
export const localExec: Runner = {
  id: 'local:exec',
  async prepare({ spec, artifacts, extraEnv, callerEnv }) {
    await checkPrograms(artifacts, spec.plan, { ...callerEnv, ...extraEnv });
    const name = needsName(artifacts) ? await serviceName() : undefined;
    return (context) => run(context, name);
  },
};

async function run(context: RunContext, name: ServiceName | undefined): Promise<void> {
  const warn = (text: string) => context.emit({ type: 'notice', level: 'WARN', text });
  const { spec, runDir, launcher } = context;
  await using temp = await makeTempRoot(spec.runId, (problem) => warn(`could not be removed: ${problem}`));
  await using server = new SyncServer(context.store, keysOfRun(runPrefix(spec.runId)));
  if (name?.shared !== undefined) {
    const report = (problem: string) => warn(`a client of the sync service: ${problem}`);
    await server.open({ ...name.shared, report });
  }
  await using ports = freePorts();
  await using _sidecar = await sidecarOf(context);
  using watcher = new OutputWatcher(context.pace, context.everyLine);
  const roster = new InstanceRegistry();
  using stalls = new StallWatch({ run: context, roster, server });
  context.listen((event) => stalls.learn(event));
  using _progress = context.onProgress && watchProgress({ ...context, roster }, context.onProgress);
  using guard = new OutputGuard({
    runDir,
    written: () => watcher.written,
    maxBytes: spec.config.maxOutput,
    stop: context.end,
  });
  const began = nowMs();
  using moves = new SyncRecord({ runDir, instances: spec.totalInstances, mask: context.mask, warn });
  const started: StartedInstance[] = [];
  context.stop.addEventListener('abort', () => launcher.expectStarts());
  const helpers = { server, name, launcher, watcher, roster, moves, ports };
  const shared = { ...helpers, tempRoot: temp.path, began, oomKills: oomKills() ?? 0 };
  try {
    for (const group of spec.groups) {
      const artifact = context.artifacts.get(group.id);
      if (artifact === undefined) throw new Error(`group ${group.id} has no artifact`);
      const shipped = readShippedFiles(artifact.dir);
      tellLinked(context, shipped.linked);
      const extraEnv = extraEnvOf(context, group, temp.path);
      await startGroup(context, { ...shared, group, artifact, shipped, extraEnv }, started);
    }
    roster.complete = true;
    await allNeeded(context, started);
    await Promise.all(started.map(({ ended }) => ended));
    // Covers what was written since the last check.
    guard.look();
  } catch (error) {
    // An error in tg itself: end all instances before throwing.
    for (const instance of started) instance.kill();
    await Promise.allSettled(started.map(({ ended }) => ended));
    throw error;
  } finally {
    tellStacks(context);
    await endEscaped(context);
  }
}

/** Waits until all instances have ended except those expected to be still running, then stops the run. */
async function allNeeded({ spec, end }: RunContext, started: readonly StartedInstance[]): Promise<void> {
  const staying = new Set(spec.groups.filter(({ expect }) => expect === 'running').map(({ id }) => id));
  if (staying.size === 0 || staying.size === spec.groups.length) return;
  await Promise.all(started.filter(({ group }) => !staying.has(group)).map(({ ended }) => ended));
  end({ ending: 'no-longer-needed', why: 'all others have ended' });
}

/** Scripts use `tg sync`, so they need tg on their PATH; other plans keep their PATH. */
function extraEnvOf({ callerEnv, extraEnv }: RunContext, { build }: GroupSpec, tempRoot: string) {
  if (build.builder !== 'exec:generic') return extraEnv;
  const path = extraEnv['PATH'] ?? callerEnv['PATH'] ?? '';
  return { ...extraEnv, PATH: pathWithTg(join(tempRoot, '.bin'), path) };
}

function needsName(artifacts: RunContext['artifacts']): boolean {
  return [...artifacts.values()].some(({ traits }) => traits.dialsByName);
}

/** Answers network requests until disposed of. */
async function sidecarOf({ spec, store, emit, end }: RunContext): Promise<AsyncDisposable> {
  const ending = new AbortController();
  setMaxListeners(0, ending.signal);
  const refuse = (why: string) => end({ ending: 'refused', why });
  const { ended } = await startSidecar({ spec, store, emit, refuse, signal: ending.signal });
  return {
    async [Symbol.asyncDispose]() {
      ending.abort();
      await ended;
    },
  };
}

function tellStacks({ artifacts, stop, emit }: RunContext): void {
  if (stopOf(stop)?.ending !== 'timeout') return;
  const groups = [...artifacts].filter(([, { traits }]) => traits.stacksOnQuit).map(([group]) => group);
  if (groups.length === 0) return;
  const text = `the stacks of the instances of ${groups.join(', ')} at the timeout are in their run.err`;
  emit({ type: 'notice', level: 'INFO', text });
}

async function endEscaped({ spec, emit }: RunContext): Promise<void> {
  const ended = await endLeftovers(`TEST_RUN=${spec.runId}`);
  if (ended === 0) return;
  const text = `ended ${ended} process${ended === 1 ? '' : 'es'} that instances had left behind`;
  emit({ type: 'notice', level: 'WARN', text });
}

function tellLinked(context: RunContext, linked: readonly string[]): void {
  if (linked.length === 0) return;
  const text = `too large to copy for each instance, so all instances share: ${linked.join(', ')}`;
  context.emit({ type: 'notice', level: 'INFO', text });
}

/** How many instances are started concurrently, so that the launcher always has the next request ready. */
const startedAtOnce = 32;

/** Starts all instances of a group, some concurrently. */
async function startGroup(
  context: RunContext,
  shared: GroupContext,
  started: StartedInstance[],
): Promise<void> {
  const limit = pLimit(startedAtOnce);
  const startOne = async (index: number) => {
    // Creating the folders blocks the thread for a while: lets running instances and Ctrl-C be handled first.
    await nextTurn();
    const stop = stopOf(context.stop);
    if (stop !== undefined) return tellNotStarted(context, { group: shared.group.id, index }, stop);
    const instance = await startInstance(context, shared, index);
    if (instance !== undefined) started.push(instance);
  };
  const indexes = Array.from({ length: shared.group.instances }, (_, index) => index);
  await Promise.all(indexes.map((index) => limit(startOne, index)));
}

function tellNotStarted({ emit }: RunContext, instance: InstanceId, { ending, why }: Stop): void {
  emit({ type: 'instance-not-started', instance, reason: `not started: ${why}`, ending });
}
