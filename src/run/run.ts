import { join } from 'node:path';
import { Forwarder } from '../influx/forward.ts';
import { nowMs } from '../os/clock.ts';
import { Heartbeat } from '../os/heartbeat.ts';
import { reserveSpace } from '../os/reserve-space.ts';
import { linkForDocker } from '../outputs/docker-link.ts';
import { Journal } from '../outputs/journal.ts';
import { makeRunDir, runDirOf, runFiles } from '../outputs/layout.ts';
import { Mask } from '../outputs/mask.ts';
import { type InstanceId, instanceTag } from '../plan/instance-id.ts';
import type { RunSpec } from '../plan/run-spec.ts';
import { secretValuesOf } from '../plan/secrets.ts';
import type { Runner, Session } from '../runners/runner.ts';
import { openStore } from '../sync/open.ts';
import { runPrefix } from '../sync/protocol.ts';
import { asTyped } from '../util/command-name.ts';
import { type Deferred, deferred } from '../util/deferred.ts';
import { messageOf, TgError } from '../util/errors.ts';
import type { Build, SharedBuildOptions } from './build/build-groups.ts';
import { builtInTime, concludeUnbuilt } from './build/unbuilt.ts';
import { writeBundle } from './bundle/bundle.ts';
import { diskProblem } from './capture/output-guard.ts';
import { cleanUp } from './clean-up.ts';
import type { RunContext } from './context.ts';
import { stopOf } from './context.ts';
import type { Stop } from './events/ending.ts';
import { EventCollector } from './events/event-collector.ts';
import type { Emit } from './events/events.ts';
import { maskedError, maskedEvent } from './events/masked-event.ts';
import { record } from './events/records.ts';
import { needsLines } from './faults/run-faults.ts';
import { MetricForward } from './metrics/metric-forward.ts';
import { type NewerRunWatch, watchForNewerRun } from './newer-run.ts';
import { runInstances } from './run-instances.ts';
import { stopSignal, whenAborted } from './stop.ts';
import { conclude, concludeUnbegun, type EndedRun, unbegunOutcome } from './verdict/conclude.ts';

/** How long, in ms, the keys of a run stay in a shared Redis after tg was killed: a day. */
const keysExpireAfterMs = 24 * 60 * 60 * 1_000;

/** How many bytes are reserved for the records of a run, because its instances may fill the disk. */
const roomForRecords = 256 * 1024;

/** The options and callbacks of a run. */
export interface RunPlanOptions extends SharedBuildOptions {
  readonly extraEnv: Readonly<Record<string, string>>;
  /** Loads the runner with an ID. */
  readonly runnerOf: (id: string) => Promise<Runner>;
  /** Builds the artifacts. A series of runs builds them once, and repeats a build that was aborted. */
  readonly build: Build;
  /** The instances to be started by hand, as `group[n]`. */
  readonly held: readonly string[];
  /** Kills everything that is left of the run at once. */
  readonly kill: AbortSignal;
  readonly pace: RunContext['pace'];
  readonly everyLine: boolean;
  /** The greatest number of runs at the same time so far, this one included. */
  readonly sideBySide: () => number;
  readonly onProgress?: RunContext['onProgress'];
}

/**
 * Builds a plan, runs it to its end and judges it. The run's folder and journal exist from the start.
 * @returns the verdict, which is also in the run's outputs.
 * @throws TgError when the run could not begin: the disk is full, the plan does not build, the store is
 *   unavailable, or the run was canceled first.
 */
export async function runPlan(spec: RunSpec, options: RunPlanOptions): Promise<EndedRun> {
  const started = new Date(nowMs());
  const full = diskProblem(options.home.root);
  if (full !== undefined)
    throw new TgError('environment', full, {
      hint: `A run needs disk space for its records. Free some: ${asTyped('prune')} removes old runs.`,
    });
  const runDir = runDirOf(options.home, spec.plan.name, spec.runId);
  await makeRunDir(runDir, spec.runId);
  const unlinked = await linkForDocker(runDir, spec.askedRunner);
  using _heartbeat = new Heartbeat(join(runDir, runFiles.heartbeat));
  using journal = new Journal(runDir);
  const mask = new Mask(secretValuesOf(spec));
  const emit: Emit = (its) => {
    const event = maskedEvent(its, mask);
    record(journal, event);
    options.emit(event);
  };
  emit({ type: 'run-queued', spec, runDir });
  if (unlinked !== undefined) emit({ type: 'notice', level: 'WARN', text: unlinked });
  const env = Object.keys(options.extraEnv);
  await writeBundle(runDir, { spec, env, artifacts: {} }, mask);
  using newer = watchForNewerRun(spec, options.home);
  const cancel = newer === undefined ? options.cancel : AbortSignal.any([options.cancel, newer.signal]);
  try {
    return await carryOut(spec, { ...options, cancel, emit, mask, newer }, runDir, journal);
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
  options: RunPlanOptions & Pick<RunContext, 'mask'> & { readonly newer: NewerRunWatch | undefined },
  runDir: string,
  journal: Journal,
): Promise<EndedRun> {
  const warn = (text: string) => options.emit({ type: 'notice', level: 'WARN', text });
  if (spec.refused !== undefined) throw new TgError('usage', spec.refused);
  const { timeoutMs } = spec.config;
  using stopping = stopSignal({ timeoutMs, cancel: options.cancel });
  const runner = await options.runnerOf(spec.runner);
  const session = await runner.open({
    spec,
    extraEnv: options.extraEnv,
    callerEnv: options.callerEnv,
    stop: stopping.signal,
    kill: options.kill,
    notice: (level, text) => options.emit({ type: 'notice', level, text }),
  });
  await using _session = {
    [Symbol.asyncDispose]: () =>
      cleanUp(options.emit, 'the runner could not clean up', () => session[Symbol.asyncDispose]()),
  };
  const { doubts } = session;
  doubts.forEach(warn);
  const begun = new Date(nowMs());
  const artifacts = await builtInTime(async (signal) => {
    const built = await options.build(signal);
    await options.newer?.throwIfThere();
    await session.prepare(built);
    return built;
  }, stopping.signal);
  if (artifacts === undefined) {
    const kept = await concludeUnbuilt({ ...options, spec, runDir, doubts, warn }, begun, stopping.signal);
    return { ...kept, recordProblem: kept.recordProblem ?? journal.failure };
  }
  const started = new Date(nowMs());
  await using store = await openStore(spec.config.sync, {
    prefix: runPrefix(spec.runId),
    expireAfterMs: keysExpireAfterMs,
    signal: options.cancel,
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
  stopping.needs('runner-lost', session.lost);
  const pace = paceUntil(stopping.signal, options.pace);
  const collector = new EventCollector();
  if (traced !== undefined) collector.listen((event) => traced.onEvent(maskedEvent(event, options.mask)));
  const emit = emitterFor(collector, stopping.signal, options);
  const freeRoom = reserveSpace(runDir, roomForRecords);
  emit({ type: 'run-started', spec, runDir, sync: store.description });
  reportStops(stopping.signal, session, emit);
  const { facts, listen } = collector;
  const dependsOnSdk = new Set([...artifacts].filter(([, { sdk }]) => sdk).map(([group]) => group));
  const held = new Set(options.held);
  const isHeld = (instance: InstanceId) => held.has(instanceTag(instance));
  const helpers = { store, forward, session };
  const everyLine = options.everyLine || needsLines(spec.faults);
  const context = { ...options, ...helpers, spec, artifacts, runDir, facts, dependsOnSdk, everyLine };
  const { onProgress } = options;
  const callbacks = { isHeld, listen, emit, pace, onProgress, stop: stopping.signal, end: stopping.stop };
  try {
    await runInstances({ ...context, ...callbacks });
  } finally {
    freeRoom();
    const moved = journal.putBack();
    if (moved !== undefined) warn(moved);
  }

  const ended = new Date(nowMs());
  // Without its runner, tg cannot know how instances ended: this overrides any other reason for the stop.
  const stop = lossOf(session) ?? stopOf(stopping.signal);
  // The run has ended: no further stop reason applies.
  stopping[Symbol.dispose]();
  const kept = await conclude({ ...context, collector, started, ended, stop, doubts, warn });
  emit({ type: 'run-ended', result: kept.result });
  return { ...kept, recordProblem: kept.recordProblem ?? journal.failure };
}

/** Passes a run's events to its event collector and to the caller. */
function emitterFor(
  collector: EventCollector,
  stopping: AbortSignal,
  options: Pick<RunContext, 'emit' | 'pace'>,
): Emit {
  return (event) => {
    // The verdict needs the unmasked event: a secret may look like anything.
    collector.onEvent(event);
    // A stopping run does not wait for its reader: dropped lines are still in the files.
    if (event.type === 'line' && stopping.aborted && options.pace() !== undefined) return;
    options.emit(event);
  };
}

/**
 * Emits why the run is stopping as soon as it is, and the loss of the runner even if the run is already stopping.
 */
function reportStops(stopping: AbortSignal, session: Session, emit: Emit): void {
  const reportStop = (stop: Stop | undefined) => stop !== undefined && emit({ type: 'stopping', stop });
  whenAborted(stopping, () => reportStop(stopOf(stopping)));
  whenAborted(session.lost, () => {
    if (stopOf(stopping)?.ending !== 'runner-lost') reportStop(lossOf(session));
  });
}

function lossOf({ lost }: Session): Stop | undefined {
  return lost.aborted ? { ending: 'runner-lost', why: messageOf(lost.reason) } : undefined;
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
