import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Artifact } from '../build/builder.ts';
import { messageOf } from '../errors.ts';
import { nowMs } from '../now.ts';
import { instanceDirOf, instanceFiles } from '../outputs/layout.ts';
import type { Mask } from '../outputs/mask.ts';
import { maskInstance } from '../outputs/secrets.ts';
import { settleInstance } from '../outputs/settle.ts';
import { type Line, Tail } from '../outputs/tail.ts';
import type { GroupSpec } from '../plan/run-spec.ts';
import { isSuspended, processIdOf } from '../process-id.ts';
import type { Door } from '../sync/doors/door.ts';
import type { SyncServer } from '../sync/doors/server.ts';
import { instanceEnvironment } from './environment.ts';
import type { RunEvent } from './events.ts';
import { holdInstance, tellOwnLines } from './held.ts';
import { openInstanceDoor } from './instance-door.ts';
import type { InstanceId } from './instance-id.ts';
import { type Child, filesIn, launch } from './launch.ts';
import { endLeftovers } from './leftovers.ts';
import { lineEvent } from './line-event.ts';
import { oomKills } from './machine/oom.ts';
import { diskProblem } from './machine/output-guard.ts';
import { type OutputPipes, openPipes } from './output-pipes.ts';
import type { OutputWatcher } from './output-watcher.ts';
import type { Enlisted, Roster } from './roster.ts';
import { type RunContext, stopOf } from './runner.ts';
import type { ServiceName } from './service-name.ts';
import { removeTree, type ShippedFiles } from './workplace.ts';

/** What the instances of one group share. */
export interface GroupContext {
  readonly group: GroupSpec;
  readonly artifact: Artifact;
  readonly shipped: ShippedFiles;
  readonly server: SyncServer;
  /** For those who dial the sync service by its name. */
  readonly name: ServiceName | undefined;
  readonly watcher: OutputWatcher;
  readonly roster: Roster;
  /** How many processes the kernel had ended for want of memory when the run began. */
  readonly oomKills: number;
  readonly tempRoot: string;
  /** When the run began, in ms since the epoch. */
  readonly began: number;
}

/** An instance that has been started. */
export interface StartedInstance {
  readonly group: string;
  /** Resolves when it has ended and its outputs are settled. */
  readonly ended: Promise<void>;
  /** Ends it at once. */
  kill(): void;
}

/** Starts one instance. An instance that cannot be started is an event, not an error. */
export async function startInstance(
  run: RunContext,
  shared: GroupContext,
  index: number,
): Promise<StartedInstance | undefined> {
  const instance: InstanceId = { group: shared.group.id, index };
  const outputs = instanceDirOf(run.runDir, instance.group, index);
  try {
    await mkdir(outputs, { recursive: true });
    const temp = join(shared.tempRoot, instance.group, String(index));
    const workDir = join(temp, 'work');
    await mkdir(workDir, { recursive: true });
    await shared.shipped.provide(workDir);
    const { artifact, group } = shared;
    const door = await doorFor(run, shared, instance, outputs);
    const coverage = group.build.coverage ? join(outputs, instanceFiles.coverage) : undefined;
    if (coverage !== undefined) await mkdir(coverage, { recursive: true });
    const { spec, store } = run;
    const place = { spec, group, instance, outputs, temp, plan: artifact.dir, door, store, coverage };
    const env = instanceEnvironment(place, run.extraEnv, run.callerEnv);
    // What tg needs there has a place of its own: a plan may call its files as it likes.
    const own = join(temp, '.tg');
    await mkdir(own);
    const { dialsByName, reopensStreams } = artifact.traits;
    const command = dialsByName
      ? ((await shared.name?.commandFor(artifact.command, door.host, own)) ?? artifact.command)
      : artifact.command;
    const pipes = reopensStreams && !run.isHeld(instance) ? await openPipes(own, outputs) : undefined;
    const child = run.isHeld(instance)
      ? await hold(run, instance, { own, outputs, command, workDir, env })
      : await launch(command, workDir, env, pipes ?? filesIn(outputs));
    const enlisted = { instance, door, pid: child.pid };
    shared.roster.add(enlisted);
    if (child.pid !== undefined) begin(run, instance, child.pid);
    const ended = seeToItsEnd(run, shared, { enlisted, outputs, temp, door, child, pipes });
    // Whoever started all of them waits for it later; a failure until then is not unheard.
    ended.catch(() => {});
    return { group: instance.group, ended, kill: () => child.kill() };
  } catch (error) {
    await settleInstance(outputs).catch(() => {});
    const reason = `could not be started: ${messageOf(error)}`;
    run.emit({ type: 'instance-not-started', instance, reason, ending: 'by-itself' });
    return undefined;
  }
}

/** From its first moment on the watchdog knows it: tg may die at any. */
function begin({ emit, watchdog }: RunContext, instance: InstanceId, pid: number): void {
  const process = processIdOf(pid);
  watchdog.guard(process);
  emit({ type: 'instance-started', instance, process });
}

async function hold(
  run: RunContext,
  instance: InstanceId,
  place: Parameters<typeof holdInstance>[0],
): Promise<Child> {
  const { child, script, environment } = await holdInstance(place);
  run.emit({ type: 'instance-held', instance, script, environment, command: place.command });
  return child;
}

/** So many places are tried for a door before another one is to blame. */
const placesTried = 20;

async function doorFor(
  run: RunContext,
  { server, name, artifact }: GroupContext,
  instance: InstanceId,
  outputs: string,
): Promise<Door> {
  for (let tried = 1; ; tried++) {
    const place = artifact.traits.dialsByName ? name?.nextPlace() : undefined;
    try {
      return await openInstanceDoor(server, run, instance, outputs, place);
    } catch (error) {
      if (place?.host === undefined || tried === placesTried) throw error;
    }
  }
}

interface Running {
  readonly enlisted: Enlisted;
  readonly outputs: string;
  readonly temp: string;
  readonly door: Door;
  readonly child: Child;
  readonly pipes: OutputPipes | undefined;
}

async function seeToItsEnd(run: RunContext, shared: GroupContext, running: Running): Promise<void> {
  const { enlisted, outputs, door, child } = running;
  const { instance } = enlisted;
  await using pipes = running.pipes;
  const { stacksOnQuit } = shared.artifact.traits;
  // Where a program stood when its time was over is for its run.err: thousands of lines.
  const isStacks = (stream: string) =>
    stacksOnQuit && stream === 'stderr' && stopOf(run.stop)?.ending === 'timeout';
  const lines = (stream: 'stdout' | 'stderr') => (line: Line) => {
    if (!isStacks(stream)) run.emit(lineEvent(instance, stream, line, shared.began));
  };
  using out = new Tail(join(outputs, instanceFiles.capturedOut), lines('stdout'));
  using err = new Tail(join(outputs, instanceFiles.capturedErr), lines('stderr'));
  for (const tail of [out, err]) shared.watcher.watch(tail);

  const end = await waitForEnd(child, door, run, stacksOnQuit);
  shared.roster.ended(enlisted);
  const killed = end.signal === 'SIGKILL' ? (oomKills() ?? 0) - shared.oomKills : 0;
  const elapsedMs = nowMs() - shared.began;
  // What it left behind in its process group goes with it.
  child.kill();
  const endLeftBehind = () => endLeftovers(`TEST_OUTPUTS_PATH=${outputs}`);
  const lost = await pipes?.finish(endLeftBehind);
  const full = diskProblem(run.runDir);
  if (full !== undefined) run.end({ ending: 'disk-full', why: full });
  if (await growing([out, err])) await endLeftBehind();
  // Started without its script, only its SDK has written down what it said.
  if (child.pid === undefined && out.size === 0) tellOwnLines(outputs, lines('stdout'));
  const connected = door.used;
  door.close();
  for (const tail of [out, err]) await shared.watcher.finish(tail);
  const outputProblem = await settle(outputs, out, err, lost ?? full, run.mask);
  run.emit({
    type: 'instance-exited',
    instance,
    ...end,
    outputProblem,
    oomKills: killed,
    connected,
    elapsedMs,
  });
  await removeTree(running.temp);
}

/** Whether somebody still writes there: one who left the process group, and may fill the disk before the run ends. */
async function growing(tails: readonly Tail[]): Promise<boolean> {
  const before = tails.map(({ size }) => size);
  await nextTurn();
  return tails.some(({ size }, index) => size !== before[index]);
}

type End = Pick<
  Extract<RunEvent, { type: 'instance-exited' }>,
  'code' | 'signal' | 'ending' | 'waiting' | 'suspended'
>;

/** Waits until the process has ended, and ends it when the run is stopped. */
async function waitForEnd(child: Child, door: Door, run: RunContext, stacks: boolean): Promise<End> {
  let ending: End['ending'] = 'by-itself';
  let waiting: End['waiting'] = [];
  let suspended = false;
  let ended = () => {};
  const onStop = () => {
    const stop = stopOf(run.stop);
    if (stop === undefined) return;
    ending = stop.ending;
    waiting = door.waiting();
    suspended = child.pid !== undefined && isSuspended(child.pid);
    ended = child.end(stop.ending, run.kill, stacks && stop.ending === 'timeout');
  };
  if (run.stop.aborted) onStop();
  else run.stop.addEventListener('abort', onStop);
  const { code, signal } = await child.exited;
  run.stop.removeEventListener('abort', onStop);
  ended();
  return { code, signal, ending, waiting, suspended };
}

/** @returns what is wrong with the output, if anything is. */
async function settle(
  outputs: string,
  out: Tail,
  err: Tail,
  lost: string | undefined,
  mask: Mask,
): Promise<string | undefined> {
  const problems: string[] = lost === undefined ? [] : [lost];
  const streams = [
    { name: 'stdout', tail: out, file: instanceFiles.capturedOut },
    { name: 'stderr', tail: err, file: instanceFiles.capturedErr },
  ];
  try {
    for (const { name, tail, file } of streams) {
      if (tail.shrunk) problems.push(`${name} was truncated while it was written`);
      if (!tail.removed) continue;
      problems.push(`the file of ${name} was removed while it was written`);
      await mkdir(outputs, { recursive: true });
      await pipeline(tail.content(), createWriteStream(join(outputs, file)));
    }
    problems.push(...(await settleInstance(outputs)));
  } catch (error) {
    problems.push(`it could not be settled: ${messageOf(error)}`);
  }
  if (!mask.isEmpty) await maskInstance(outputs, mask).catch((error) => problems.push(messageOf(error)));
  return problems.length === 0 ? undefined : problems.join('; ');
}
