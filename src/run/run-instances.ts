import { setImmediate as nextTurn } from 'node:timers/promises';
import pLimit from 'p-limit';
import { type SidecarClient, startSidecar } from '../network/sidecar.ts';
import { unshapedNetwork } from '../network/unshaped-network.ts';
import { nowMs } from '../os/clock.ts';
import { type InstanceId, instancesOfGroups, instanceTag } from '../plan/instance-id.ts';
import type { RunSpec } from '../plan/run-spec.ts';
import type { Session } from '../runners/runner.ts';
import { runPrefix } from '../sync/protocol.ts';
import type { Note } from '../sync/server/activity-log.ts';
import { keysOfRun } from '../sync/server/served-keys.ts';
import { type SharedEndpoints, SyncServer } from '../sync/server/server.ts';
import { stayingGroups } from './awaited.ts';
import { OutputGuard } from './capture/output-guard.ts';
import { OutputWatcher } from './capture/output-watcher.ts';
import { cleanUp } from './clean-up.ts';
import { type RunContext, stopOf } from './context.ts';
import type { Stop } from './events/ending.ts';
import { injectFaults } from './faults/run-faults.ts';
import type { GroupContext } from './instance/group-context.ts';
import { type StartedInstance, startInstance } from './instance/instance.ts';
import { InstanceRegistry } from './instance/instance-registry.ts';
import { MachineWatch } from './machine/machine-watch.ts';
import { watchProgress } from './progress/progress-watch.ts';
import { StallWatch } from './stall/stall-watch.ts';
import { SyncRecord } from './sync-record.ts';

/**
 * Starts all instances of a run and waits until they have ended and are cleaned up. Everything that happens is emitted
 * as an event. The session decides where instances run; the rest is the same for all runners.
 */
export async function runInstances(context: RunContext): Promise<void> {
  const warn = (text: string) => context.emit({ type: 'notice', level: 'WARN', text });
  const { spec, runDir, session } = context;
  await using server = new SyncServer(context.store, keysOfRun(runPrefix(spec.runId)));
  const sharedPort = await openSharedPort(server, session, warn);
  await using _sidecar = sidecarOf(context);
  using watcher = new OutputWatcher(context.pace, context.everyLine);
  const registry = new InstanceRegistry();
  using stalls = new StallWatch({ run: context, registry, server });
  context.listen((event) => stalls.learn(event));
  using _progress = context.onProgress && watchProgress({ ...context, registry }, context.onProgress);
  using machine = new MachineWatch({ ...context, registry });
  using guard = new OutputGuard({
    runDir,
    output: watcher,
    maxBytes: spec.config.maxOutput,
    stop: context.end,
  });
  using activity = new SyncRecord({ runDir, instances: spec.totalInstances, mask: context.mask, warn });
  const faults = injectFaults(context, registry);
  const noteOf = (instance: InstanceId): Note =>
    bothNotes(activity.noteOf(instance), faults?.noteOf(instance));
  const shared = { server, sharedPort, watcher, registry, noteOf, began: nowMs() };
  const started: StartedInstance[] = [];
  try {
    for (const group of spec.groups) {
      const artifact = context.artifacts.get(group.id);
      if (artifact === undefined) throw new Error(`group ${group.id} has no artifact`);
      await startGroup(context, { ...shared, group, artifact }, started);
    }
    registry.complete = true;
    faults?.start();
    await allNeeded(context, started);
    await Promise.all(started.map(({ ended }) => ended));
    machine.end();
    // Covers what was written since the last check.
    guard.poll();
  } catch (error) {
    // An error in tg itself: end all instances before throwing.
    for (const instance of started) instance.kill();
    await Promise.allSettled(started.map(({ ended }) => ended));
    throw error;
  } finally {
    await faults?.end();
    reportStacks(context);
    await measureNetwork(context);
    await reap(session, context);
  }
}

function bothNotes(one: Note, other: Note | undefined): Note {
  if (other === undefined) return one;
  return (...what) => {
    one(...what);
    other(...what);
  };
}

/** Opens the port that all instances of a session share, if there is one. */
async function openSharedPort(
  server: SyncServer,
  { sharedPort }: Session,
  warn: (text: string) => void,
): Promise<SharedEndpoints | undefined> {
  if (sharedPort === undefined) return undefined;
  const { by, servers, ...address } = sharedPort;
  const report = (problem: string) => warn(`a client of the sync service: ${problem}`);
  if (by !== 'nothing') return await server.share(by, { ...address, servers }, report);
  await server.open({ ...address, report });
  return undefined;
}

/** Waits until all instances have ended except those expected to be still running, then stops the run. */
async function allNeeded({ spec, end }: RunContext, started: readonly StartedInstance[]): Promise<void> {
  const staying = stayingGroups(spec);
  if (staying.size === 0) return;
  await Promise.all(started.filter(({ group }) => !staying.has(group)).map(({ ended }) => ended));
  end({ ending: 'no-longer-needed', why: 'all others have ended' });
}

/** Answers network requests until disposed of. */
function sidecarOf({ spec, store, session, emit, end }: RunContext): AsyncDisposable {
  const { unapplied } = spec.config;
  return startSidecar({
    store,
    scope: { run: spec.runId, plan: spec.plan.name, testCase: spec.testCase },
    unapplied,
    instances: instancesOfGroups(spec.groups),
    clients: sidecarClients(spec, session),
    onAnswer: (answer) => {
      emit({ type: 'network-configured', ...answer });
      if (!answer.refused) return;
      const who = answer.instance === undefined ? 'an instance' : instanceTag(answer.instance);
      const asked = answer.notApplied.join(', ');
      end({
        ending: 'refused',
        why: `${who} asks for network settings that tg does not apply: ${asked} (unapplied=${unapplied})`,
      });
    },
    onUnready: (why) => end({ ending: 'refused', why }),
    onProblem: (text) => emit({ type: 'notice', level: 'WARN', text }),
  });
}

function sidecarClients({ groups }: RunSpec, session: Session): SidecarClient[] {
  const clients = groups
    .filter(({ sidecar }) => sidecar !== 'none')
    .flatMap((group) =>
      instancesOfGroups([group]).map((instance) => ({
        hostname: session.hostnameOf(instance),
        instance,
        backend: group.sidecar === 'noop' ? unshapedNetwork : session.network,
      })),
    );
  const { sharedHostname } = session;
  if (clients.length === 0 || sharedHostname === undefined) return clients;
  return [...clients, { hostname: sharedHostname, instance: undefined, backend: session.network }];
}

function reportStacks({ artifacts, stop, emit }: RunContext): void {
  if (stopOf(stop)?.ending !== 'timeout') return;
  const groups = [...artifacts].filter(([, { traits }]) => traits.stacksOnQuit).map(([group]) => group);
  if (groups.length === 0) return;
  const text = `the stacks of the instances of ${groups.join(', ')} at the timeout are in their run.err`;
  emit({ type: 'notice', level: 'INFO', text });
}

/** Emits what the network has done, if it is the runner's own and not lost. */
async function measureNetwork({ session, emit }: RunContext): Promise<void> {
  if (session.network.measure === undefined || session.lost.aborted) return;
  await cleanUp(emit, 'what the network has done is not known', async () => {
    const measured = await session.network.measure?.();
    if (measured !== undefined) emit({ type: 'network-measured', measured });
  });
}

async function reap(session: Session, { emit }: RunContext): Promise<void> {
  await cleanUp(emit, 'what instances have left behind could not be ended', async () => {
    const ended = await session.reap();
    if (ended === undefined) return;
    emit({ type: 'notice', level: 'WARN', text: `ended ${ended} that instances had left behind` });
  });
}

/** How many instances are started concurrently, so that the runner always has the next request ready. */
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
    if (stop !== undefined) return reportNotStarted(context, { group: shared.group.id, index }, stop);
    const instance = await startInstance(context, shared, index);
    if (instance !== undefined) started.push(instance);
  };
  const indexes = Array.from({ length: shared.group.instances }, (_, index) => index);
  await Promise.all(indexes.map((index) => limit(startOne, index)));
}

function reportNotStarted({ emit }: RunContext, instance: InstanceId, { ending, why }: Stop): void {
  emit({ type: 'instance-not-started', instance, reason: `not started: ${why}`, ending });
}
