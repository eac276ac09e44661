import { join } from 'node:path';
import { finalizeInstance } from '../../outputs/finalize.ts';
import type { KeptFolders } from '../../outputs/kept-folders.ts';
import { instanceDirOf, instanceFiles } from '../../outputs/layout.ts';
import type { Line } from '../../outputs/tail.ts';
import { type InstanceId, instanceTag } from '../../plan/instance-id.ts';
import type { FreePorts } from '../../runners/process/free-ports.ts';
import { startManually } from '../../runners/process/manual.ts';
import { type Child, childOf } from '../../runners/process/process-handle.ts';
import { makePlace, type Place } from '../../runners/process/workplace.ts';
import type { Endpoint } from '../../sync/server/endpoint.ts';
import { messageOf } from '../../util/errors.ts';
import { type RunContext, stopOf } from '../context.ts';
import { lineEvent } from '../events/line-event.ts';
import type { Followed } from '../metrics/metric-forward.ts';
import { PushedMetrics } from '../metrics/pushed-metrics.ts';
import { Captured } from '../output/captured.ts';
import { openInstanceDoor } from './endpoint.ts';
import { instanceEnvironment } from './environment.ts';
import type { GroupContext } from './group-context.ts';
import { seeToItsEnd } from './instance-end.ts';

/** A started instance. */
export interface StartedInstance {
  readonly group: string;
  /** Resolves when it has ended and its outputs are finalized. */
  readonly ended: Promise<void>;
  /** Kills it at once. */
  kill(): void;
}

/** Starts one instance. If it cannot be started, an event is emitted and undefined returned. */
export async function startInstance(
  run: RunContext,
  shared: GroupContext,
  index: number,
): Promise<StartedInstance | undefined> {
  const instance: InstanceId = { group: shared.group.id, index };
  const place = placeOf(run, shared, instance);
  let folders: KeptFolders | undefined;
  let captured: Captured | undefined;
  let door: Endpoint | undefined;
  let metrics: Followed | undefined;
  try {
    folders = makePlace(place, shared.shipped);
    captured = new Captured(place.outputs, folders, run.everyLine, tellLines(run, shared, instance));
    metrics = run.forward?.follow(instance, place.outputs);
    const pushed = new PushedMetrics(place.outputs, warnOf(run, instance));
    door = await doorFor(run, shared, instance, pushed);
    const child = await begin(run, shared, instance, place, door);
    const enlisted = { instance, door, pid: child.pid };
    shared.roster.add(enlisted);
    const ended = seeToItsEnd(run, shared, { enlisted, place, door, child, captured, metrics, pushed });
    // The caller awaits it later: this prevents an unhandled rejection until then.
    ended.catch(() => {});
    return { group: instance.group, ended, kill: () => child.kill() };
  } catch (error) {
    captured?.[Symbol.dispose]();
    door?.close();
    await metrics?.finish();
    // Without folders of its own, it has no outputs.
    if (folders !== undefined) await finalizeInstance(place.outputs).catch(() => {});
    const reason = `could not be started: ${messageOf(error)}`;
    run.emit({ type: 'instance-not-started', instance, reason, ending: 'by-itself' });
    return undefined;
  }
}

function warnOf({ emit }: RunContext, instance: InstanceId): (text: string) => void {
  return (text) => emit({ type: 'notice', level: 'WARN', text: `${instanceTag(instance)}: ${text}` });
}

function tellLines(run: RunContext, { artifact, began }: GroupContext, instance: InstanceId) {
  // The stacks printed at the timeout are thousands of lines: they are only kept in run.err.
  const isStacks = (stream: string) =>
    artifact.traits.stacksOnQuit && stream === 'stderr' && stopOf(run.stop)?.ending === 'timeout';
  return (stream: 'stdout' | 'stderr', line: Line) => {
    if (!isStacks(stream)) run.emit(lineEvent(instance, stream, line, began));
  };
}

function placeOf(run: RunContext, { group, artifact, tempRoot }: GroupContext, instance: InstanceId): Place {
  const outputs = instanceDirOf(run.runDir, instance.group, instance.index);
  const temp = join(tempRoot, instance.group, String(instance.index));
  const needsOwn = run.isHeld(instance) || artifact.traits.dialsByName;
  return {
    outputs,
    temp,
    workDir: join(temp, 'work'),
    own: needsOwn ? join(temp, '.tg') : undefined,
    coverage: group.build.coverage ? join(outputs, instanceFiles.coverage) : undefined,
  };
}

async function begin(
  run: RunContext,
  { group, artifact, name, launcher, ports, tempRoot, extraEnv }: GroupContext,
  instance: InstanceId,
  place: Place,
  door: Endpoint,
): Promise<Child> {
  const { spec, store, callerEnv } = run;
  const { outputs, own, workDir: cwd } = place;
  const exposed = await portsIn(spec.config.exposedPorts ?? [], ports);
  const about = { spec, group, instance, place, plan: artifact.dir, door, store, exposed };
  const env = instanceEnvironment(about, extraEnv, callerEnv);
  const named =
    own !== undefined && artifact.traits.dialsByName
      ? await name?.commandFor(artifact.command, door.host, own)
      : undefined;
  const command = named ?? artifact.command;
  if (own !== undefined && run.isHeld(instance))
    return await hold(run, instance, {
      ...{ own, outputs, command, workDir: cwd, env },
      hasLeft: () => door.usedBySdk && door.connections === 0,
    });
  const pipesIn = artifact.traits.reopensStreams ? join(tempRoot, '.pipes') : undefined;
  const launched = await launcher.start({ command, cwd, env, outputs, pipesIn });
  // The watchdog must know the process before anything else happens: tg may be killed at any moment.
  run.watchdog.guard(launched.process);
  run.emit({ type: 'instance-started', instance, process: launched.process });
  return childOf(launcher, launched);
}

/** Takes a port for each variable in which an instance expects one. */
async function portsIn(variables: readonly string[], ports: FreePorts): Promise<Record<string, string>> {
  const each = variables.map(async (variable) => [variable, String(await ports.take())] as const);
  return Object.fromEntries(await Promise.all(each));
}

async function hold(
  run: RunContext,
  instance: InstanceId,
  place: Parameters<typeof startManually>[0],
): Promise<Child> {
  const { child, script, environment } = await startManually(place);
  run.emit({ type: 'instance-held', instance, script, environment, command: place.command });
  return child;
}

/** How many addresses to try for an endpoint before failing. */
const placesTried = 20;

async function doorFor(
  run: RunContext,
  { server, name, artifact, moves }: GroupContext,
  instance: InstanceId,
  pushed: PushedMetrics,
): Promise<Endpoint> {
  const note = moves.noteOf(instance);
  for (let tried = 1; ; tried++) {
    const place = artifact.traits.dialsByName ? name?.nextPlace() : undefined;
    try {
      return await openInstanceDoor(server, run, note, instance, pushed, place);
    } catch (error) {
      if (place?.host === undefined || tried === placesTried) throw error;
    }
  }
}
