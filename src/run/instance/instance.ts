import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { finalizeInstance } from '../../outputs/finalize.ts';
import { type KeptFolders, makeFolders } from '../../outputs/kept-folders.ts';
import { instanceDirOf, instanceFiles } from '../../outputs/layout.ts';
import type { Line } from '../../outputs/tail.ts';
import { type InstanceId, instanceTag } from '../../plan/instance-id.ts';
import type { InstanceHandle, Launch, Placement } from '../../runners/runner.ts';
import type { Endpoint } from '../../sync/server/endpoint.ts';
import { messageOf } from '../../util/errors.ts';
import { Captured } from '../capture/captured.ts';
import { type RunContext, stopOf } from '../context.ts';
import { lineEvent } from '../events/line-event.ts';
import type { Followed } from '../metrics/metric-forward.ts';
import { PushedMetrics } from '../metrics/pushed-metrics.ts';
import { openEndpoint } from './endpoint.ts';
import { instanceEnvironment } from './environment.ts';
import type { GroupContext } from './group-context.ts';
import { settleLife, superviseInstance } from './instance-end.ts';
import { Lives } from './lives.ts';
import { removePlace } from './remove-place.ts';

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
  const outputs = instanceDirOf(run.runDir, instance.group, index);
  let folders: KeptFolders | undefined;
  let placement: Placement | undefined;
  let captured: Captured | undefined;
  let endpoint: Endpoint | undefined;
  let metrics: Followed | undefined;
  try {
    folders = makeFolders(outputs);
    if (shared.group.build.coverage) mkdirSync(join(outputs, instanceFiles.coverage));
    placement = await placeOf(run, shared, instance, outputs);
    captured = new Captured(outputs, folders, run.everyLine, lineReporter(run, shared, instance));
    metrics = run.forward?.follow(instance, outputs);
    const pushed = new PushedMetrics(outputs, warnOf(run, instance));
    endpoint = await openEndpoint(run, shared, instance, placement, pushed);
    const launch = launchOf(run, shared, { instance, placement, endpoint, captured });
    const handle = await begin(run, instance, placement, launch);
    const place = placement;
    const lives = new Lives(
      {
        ...{ run, registry: shared.registry, instance, endpoint, settle: settleLife },
        startAgain: (restarts) =>
          place.start({ ...launch, env: { ...launch.env, TEST_RESTARTS: String(restarts) } }),
      },
      handle,
    );
    const ended = superviseInstance(run, shared, {
      ...{ instance, endpoint, lives, outputs, placement, captured, metrics, pushed },
    });
    // The caller awaits it later: this prevents an unhandled rejection until then.
    ended.catch(() => {});
    return { group: instance.group, ended, kill: () => lives.handle.kill() };
  } catch (error) {
    captured?.[Symbol.dispose]();
    endpoint?.close();
    if (placement !== undefined) await removePlace(run, instance, placement);
    await metrics?.finish();
    // Without folders of its own, it has no outputs.
    if (folders !== undefined) await finalizeInstance(outputs).catch(() => {});
    const reason = `could not be started: ${messageOf(error)}`;
    run.emit({ type: 'instance-not-started', instance, reason, ending: 'by-itself' });
    return undefined;
  }
}

async function placeOf(
  run: RunContext,
  { group, artifact }: GroupContext,
  instance: InstanceId,
  outputs: string,
): Promise<Placement> {
  return await run.session.place({ instance, group, artifact, outputs, manual: run.isHeld(instance) });
}

function warnOf({ emit }: RunContext, instance: InstanceId): (text: string) => void {
  return (text) => emit({ type: 'notice', level: 'WARN', text: `${instanceTag(instance)}: ${text}` });
}

function lineReporter(run: RunContext, { artifact, began }: GroupContext, instance: InstanceId) {
  // The stacks printed at the timeout are thousands of lines: they are only kept in run.err.
  const isStacks = (stream: string) =>
    artifact.traits.stacksOnQuit && stream === 'stderr' && stopOf(run.stop)?.ending === 'timeout';
  return (stream: 'stdout' | 'stderr', line: Line) => {
    if (!isStacks(stream)) run.emit(lineEvent(instance, stream, line, began));
  };
}

interface Prepared {
  readonly instance: InstanceId;
  readonly placement: Placement;
  readonly endpoint: Endpoint;
  readonly captured: Captured;
}

function launchOf(
  { spec, store, session, extraEnv }: RunContext,
  { group }: GroupContext,
  { instance, placement, endpoint, captured }: Prepared,
): Launch {
  const coverage = group.build.coverage ? join(placement.inside.outputs, instanceFiles.coverage) : undefined;
  return {
    env: instanceEnvironment(
      { spec, group, instance, placement, hostname: session.hostnameOf(instance), endpoint, store, coverage },
      extraEnv,
    ),
    capture: captured.files,
    endpoint: {
      host: endpoint.host,
      hasLeft: () => endpoint.usedBySdk && endpoint.connections === 0,
    },
  };
}

async function begin(
  run: RunContext,
  instance: InstanceId,
  placement: Placement,
  launch: Launch,
): Promise<InstanceHandle> {
  if (!run.isHeld(instance)) {
    const handle = await placement.start(launch);
    run.emit({ type: 'instance-started', instance, ref: handle.ref });
    return handle;
  }
  if (placement.startManually === undefined) throw new Error('this runner starts no instance by hand');
  const { handle, script, environment, command } = await placement.startManually(launch);
  run.emit({ type: 'instance-held', instance, script, environment, command });
  return handle;
}
