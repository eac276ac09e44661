import { join } from 'node:path';
import { Forwarder } from '../influx/forward.ts';
import { nowMs } from '../os/clock.ts';
import { Heartbeat } from '../os/heartbeat.ts';
import { linkForDocker } from '../outputs/docker-link.ts';
import { Journal } from '../outputs/journal.ts';
import { makeRunDir, runDirOf, runFiles } from '../outputs/layout.ts';
import { Mask } from '../outputs/mask.ts';
import type { RunSpec } from '../plan/run-spec.ts';
import { secretValuesOf } from '../plan/secrets.ts';
import { openStore } from '../sync/open.ts';
import { runPrefix } from '../sync/protocol.ts';
import { asTyped } from '../util/command-name.ts';
import { type Deferred, deferred } from '../util/deferred.ts';
import { messageOf, TgError } from '../util/errors.ts';
import type { Build, BuildSurroundings } from './build-groups.ts';
import { writeBundle } from './bundle/bundle.ts';
import { EventCollector } from './events/event-collector.ts';
import type { Emit, Stop } from './events/events.ts';
import { maskedError, maskedEvent } from './events/masked-event.ts';
import { type InstanceId, instanceTag } from './instance/instance-id.ts';
import { Launcher } from './launch/launcher.ts';
import { localExec } from './local-exec.ts';
import { checkLimits, fileLimit, processLimits } from './machine/limits.ts';
import { diskProblem } from './machine/output-guard.ts';
import { reserveRoom } from './machine/reserve.ts';
import { MetricForward } from './metric-forward.ts';
import { type NewerRunWatch, watchForNewerRun } from './newer-run.ts';
import { record } from './records.ts';
import type { RunContext } from './runner.ts';
import { stopOf } from './runner.ts';
import { stopSignal, whenAborted } from './stop.ts';
import { builtInTime, concludeUnbuilt } from './unbuilt.ts';
import { conclude, concludeUnbegun, type EndedRun, unbegunOutcome } from './verdict/conclude.ts';
import { startWatchdog } from './watchdog.ts';

/** How long, in ms, the keys of a run stay in a shared Redis after tg was killed: a day. */
const keysExpireAfterMs = 24 * 60 * 60 * 1_000;

/** The options and callbacks of a run. */
export interface RunSurroundings extends BuildSurroundings {
  readonly extraEnv: Readonly<Record<string, string>>;
  /** Builds the artifacts. A series of runs builds them once, and repeats a build that was aborted. */
  readonly build: Build;
  /** The instances to be started by hand, as `group[n]`. */
  readonly held: readonly string[];
  /** Kills what is left at once. */
  readonly kill: AbortSignal;
  readonly pace: RunContext['pace'];
  readonly everyLine: boolean;
  readonly onProgress?: RunContext['onProgress'];
}

/**
 * Builds a plan, runs it to its end and judges it. The run's folder and journal exist from the start.
 * @returns the verdict, which is also in the run's outputs.
 * @throws TgError when the run could not begin: the disk is full, the plan does not build, the store is
 *   unavailable, or the run was canceled first.
 */
export async function runPlan(spec: RunSpec, around: RunSurroundings): Promise<EndedRun> {
  const started = new Date(nowMs());
  const full = diskProblem(around.home.root);
  if (full !== undefined)
    throw new TgError('environment', full, {
      hint: `A run needs disk space for its records. Free some: ${asTyped('prune')} removes old runs.`,
    });
  const runDir = runDirOf(around.home, spec.plan.name, spec.runId);
  await makeRunDir(runDir, spec.runId);
  const unlinked = await linkForDocker(runDir, spec.askedRunner);
  using _heartbeat = new Heartbeat(join(runDir, runFiles.heartbeat));
  using journal = new Journal(runDir);
  const mask = new Mask(secretValuesOf(spec));
  const emit: Emit = (its) => {
    const event = maskedEvent(its, mask);
    record(journal, event);
    around.emit(event);
  };
  emit({ type: 'run-queued', spec, runDir });
  if (unlinked !== undefined) emit({ type: 'notice', level: 'WARN', text: unlinked });
  const env = Object.keys(around.extraEnv);
  await writeBundle(runDir, { spec, env, artifacts: {} }, mask);
  using newer = watchForNewerRun(spec, around.home);
  const cancel = newer === undefined ? around.cancel : AbortSignal.any([around.cancel, newer.signal]);
  try {
    return await carryOut(spec, { ...around, cancel, emit, mask, newer }, runDir, journal);
  } catch (thrown) {
    const error = newer?.problem() ?? thrown;
    const expected = error instanceof TgError ? maskedError(error, mask) : undefined;
    const why = expected?.describe() ?? mask.text(`a bug in tg: ${messageOf(error)}`);
    const result = await concludeUnbegun(spec, runDir, started, {
      outcome: unbegunOutcome(cancel),
      error: why,
    });
    emit({ type: 'run-ended', result });
    throw expected ?? error;
  }
}

async function carryOut(
  spec: RunSpec,
  around: RunSurroundings & Pick<RunContext, 'mask'> & { readonly newer: NewerRunWatch | undefined },
  runDir: string,
  journal: Journal,
): Promise<EndedRun> {
  const warn = (text: string) => around.emit({ type: 'notice', level: 'WARN', text });
  if (spec.refused !== undefined) throw new TgError('usage', spec.refused);
  const doubts = checkMachine(spec);
  doubts.forEach(warn);
  await using watchdog = startWatchdog(spec.runId, around.home, warn);
  // Starts before the build, so that it is ready when the build is done.
  await using launcher = new Launcher(spec.runId);
  const { timeoutMs } = spec.config;
  using stopping = stopSignal({ timeoutMs, cancel: around.cancel });
  const begun = new Date(nowMs());
  const artifacts = await builtInTime(around.build, stopping.signal);
  if (artifacts === undefined) {
    const kept = await concludeUnbuilt({ ...around, spec, runDir, doubts, warn }, begun, stopping.signal);
    return { ...kept, recordProblem: kept.recordProblem ?? journal.failure };
  }
  await around.newer?.throwIfThere();
  const runInstances = await localExec.prepare({ ...around, spec, artifacts });
  const started = new Date(nowMs());
  await using store = await openStore(spec.config.sync, {
    prefix: runPrefix(spec.runId),
    expireAfterMs: keysExpireAfterMs,
    signal: around.cancel,
    warn,
  });
  const { influxdb } = spec.config;
  await using forwarder = influxdb === undefined ? undefined : await Forwarder.open(influxdb, warn);
  const about = { runId: spec.runId, plan: spec.plan.name, testCase: spec.testCase };
  using forward = forwarder && new MetricForward(forwarder, about);
  const { otlp } = spec.config;
  await using traced =
    otlp === undefined ? undefined : new (await import('./trace/run-trace.ts')).RunTrace(otlp, warn);
  stopping.needs('store-lost', store.lost);
  stopping.needs('launcher-lost', launcher.lost);
  const pace = paceUntil(stopping.signal, around.pace);
  const witness = new EventCollector();
  if (traced !== undefined) witness.listen((event) => traced.hear(maskedEvent(event, around.mask)));
  const emit = tellerOf(witness, stopping.signal, around);
  const freeRoom = reserveRoom(runDir);
  emit({ type: 'run-started', spec, runDir, sync: store.description });
  tellStops(stopping.signal, launcher, emit);
  const { facts, listen } = witness;
  const dependsOnSdk = new Set([...artifacts].filter(([, { sdk }]) => sdk).map(([group]) => group));
  const held = new Set(around.held);
  const isHeld = (instance: InstanceId) => held.has(instanceTag(instance));
  const helpers = { store, forward, watchdog, launcher };
  const context = { ...around, ...helpers, spec, artifacts, runDir, facts, dependsOnSdk };
  const { onProgress } = around;
  const ways = { isHeld, listen, emit, pace, onProgress, stop: stopping.signal, end: stopping.stop };
  try {
    await runInstances({ ...context, ...ways });
  } finally {
    freeRoom();
    launcher.close();
    const moved = journal.putBack();
    if (moved !== undefined) warn(moved);
  }

  const ended = new Date(nowMs());
  // Without its launcher, tg cannot know how instances ended: this overrides any other reason for the stop.
  const stop = lossOf(launcher) ?? stopOf(stopping.signal);
  // The run has ended: no further stop reason applies.
  stopping[Symbol.dispose]();
  const kept = await conclude({ ...context, witness, started, ended, stop, doubts, warn });
  emit({ type: 'run-ended', result: kept.result });
  return { ...kept, recordProblem: kept.recordProblem ?? journal.failure };
}

/** Passes a run's events to its event collector and to the caller. */
function tellerOf(
  witness: EventCollector,
  stopping: AbortSignal,
  around: Pick<RunContext, 'emit' | 'pace'>,
): Emit {
  return (event) => {
    // The verdict needs the unmasked event: a secret may look like anything.
    witness.hear(event);
    // A stopping run does not wait for its reader: dropped lines are still in the files.
    if (event.type === 'line' && stopping.aborted && around.pace() !== undefined) return;
    around.emit(event);
  };
}

/**
 * Emits why the run is stopping as soon as it is, and the loss of the launcher even if the run is already stopping.
 */
function tellStops(stopping: AbortSignal, launcher: Launcher, emit: Emit): void {
  const tell = (stop: Stop | undefined) => stop !== undefined && emit({ type: 'stopping', stop });
  whenAborted(stopping, () => tell(stopOf(stopping)));
  whenAborted(launcher.lost, () => {
    if (stopOf(stopping)?.ending !== 'launcher-lost') tell(lossOf(launcher));
  });
}

function lossOf({ lost }: Launcher): Stop | undefined {
  return lost.aborted ? { ending: 'launcher-lost', why: messageOf(lost.reason) } : undefined;
}

/**
 * @returns warnings about limits that may be too low.
 * @throws TgError (environment) if the run exceeds the limits of this machine.
 */
function checkMachine({ totalInstances }: RunSpec): string[] {
  return checkLimits(totalInstances, fileLimit(), processLimits());
}

/** Waits for a reader as `pace` does, but at most until the run is stopped. Repeated calls add no listeners. */
function paceUntil(stop: AbortSignal, pace: RunContext['pace']): RunContext['pace'] {
  let waiting: { readonly for: Promise<void>; readonly ready: Deferred<void> } | undefined;
  whenAborted(stop, () => waiting?.ready.resolve());
  return () => {
    const wait = stop.aborted ? undefined : pace();
    if (wait === undefined) return undefined;
    if (waiting?.for !== wait) {
      const ready = deferred<void>();
      waiting = { for: wait, ready };
      void wait.then(ready.resolve);
    }
    return waiting.ready.promise;
  };
}
