import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Artifact } from '../build/builder.ts';
import { messageOf, TgError } from '../errors.ts';
import { Forwarder } from '../influx/forward.ts';
import type { JudgedThreshold } from '../metrics/threshold.ts';
import { nowMs } from '../now.ts';
import { Journal } from '../outputs/journal.ts';
import { makeRunDir, runDirOf, runFiles } from '../outputs/layout.ts';
import { Mask } from '../outputs/mask.ts';
import type { RunSpec } from '../plan/run-spec.ts';
import { secretValuesOf } from '../plan/secrets.ts';
import { processIdOf } from '../process-id.ts';
import { openStore } from '../sync/open.ts';
import { runPrefix } from '../sync/protocol.ts';
import { unfinishedEnding } from '../temp-folder.ts';
import type { BuildSurroundings } from './build-groups.ts';
import { writeBundle } from './bundle/bundle.ts';
import type { Emit, RunEvent, Stop } from './events.ts';
import { type InstanceId, instanceTag } from './instance-id.ts';
import { Launcher } from './launch/launcher.ts';
import { localExec } from './local-exec.ts';
import { checkLimits, fileLimit, processLimits } from './machine/limits.ts';
import { diskProblem } from './machine/output-guard.ts';
import { reserveRoom } from './machine/reserve.ts';
import { maskedEvent, maskedResult } from './masked-event.ts';
import { indexMetrics, judgeThresholds, withThresholds } from './measured.ts';
import { MetricForward } from './metric-forward.ts';
import { notPassed, type RunResult } from './result.ts';
import type { RunContext } from './runner.ts';
import { stopOf } from './runner.ts';
import { stopSignal } from './stop.ts';
import { judgeRun } from './verdict.ts';
import { startWatchdog } from './watchdog.ts';
import { Witness } from './witness.ts';

/** What surrounds a run. */
export interface RunSurroundings extends BuildSurroundings {
  readonly extraEnv: Readonly<Record<string, string>>;
  /** Builds what the run needs; a series of runs builds once. */
  readonly build: () => Promise<ReadonlyMap<string, Artifact>>;
  /** The instances that somebody starts by hand, as `group[n]`. */
  readonly held: readonly string[];
  /** Ends what is left at once. */
  readonly kill: AbortSignal;
  readonly pace: RunContext['pace'];
  readonly everyLine: boolean;
}

/** A run that has ended. */
export interface EndedRun {
  readonly result: RunResult;
  /** Why its records, and perhaps its outputs, are incomplete: a full disk for instance. */
  readonly recordProblem: string | undefined;
  /** The key of each group's artifact, by the group's ID. */
  readonly artifacts: ReadonlyMap<string, string>;
}

/**
 * Builds a plan, runs it to its end, and judges it. From its first moment on the run has a folder, with a journal.
 * @returns the verdict, which is in the run's outputs too.
 * @throws TgError when the run could not begin: the disk is full, the plan does not build, the store is not there, somebody
 *   wanted it to end before it did.
 */
export async function runPlan(spec: RunSpec, around: RunSurroundings): Promise<EndedRun> {
  const started = new Date(nowMs());
  const full = diskProblem(around.home.root);
  if (full !== undefined)
    throw new TgError('environment', full, {
      hint: 'A run needs room for its records. Make some: tg prune removes old runs.',
    });
  const runDir = runDirOf(around.home, spec.plan.name, spec.runId);
  await makeRunDir(runDir, spec.runId);
  using journal = new Journal(runDir);
  const mask = new Mask(secretValuesOf(spec));
  const emit: Emit = (its) => {
    const event = maskedEvent(its, mask);
    record(journal, event);
    around.emit(event);
  };
  emit({ type: 'run-queued', spec, runDir });
  const env = Object.keys(around.extraEnv);
  await writeBundle(runDir, { spec, env, artifacts: {} });
  try {
    return await carryOut(spec, { ...around, emit, mask }, runDir, journal);
  } catch (error) {
    const why = mask.text(error instanceof TgError ? error.describe() : `a bug in tg: ${messageOf(error)}`);
    const result = { ...frameOf(spec, started, new Date(nowMs())), ...neverBegan, error: why };
    await writeResult(runDir, result);
    emit({ type: 'run-ended', result });
    throw error;
  }
}

/** What makes a run a failure, however its instances fared. */
const failing: readonly Stop['ending'][] = ['refused', 'disk-full', 'max-output'];

/** What is said of a run that did not begin. */
const neverBegan = {
  outcome: 'canceled',
  stopped: null,
  counts: {},
  groups: [],
  thresholds: [],
  network: null,
} as const;

async function carryOut(
  spec: RunSpec,
  around: RunSurroundings & Pick<RunContext, 'mask'>,
  runDir: string,
  journal: Journal,
): Promise<EndedRun> {
  const warn = (text: string) => around.emit({ type: 'notice', level: 'WARN', text });
  if (spec.refused !== undefined) throw new TgError('usage', spec.refused);
  const doubts = checkMachine(spec);
  doubts.forEach(warn);
  const unfinished = { folder: around.home.work, ending: unfinishedEnding };
  await using watchdog = startWatchdog({ runId: spec.runId, unfinished }, warn);
  // It has the time of the build to be there.
  await using launcher = new Launcher(spec.runId);
  const artifacts = await around.build();
  const runInstances = await localExec.prepare(artifacts);
  const started = new Date(nowMs());
  await using store = await openStore(spec.config.sync, {
    prefix: runPrefix(spec.runId),
    removeKeysAtEnd: true,
    signal: around.cancel,
    warn,
  });
  const { influxdb } = spec.config;
  await using forwarder = influxdb === undefined ? undefined : await Forwarder.open(influxdb, warn);
  const about = { runId: spec.runId, plan: spec.plan.name, testCase: spec.testCase };
  using forward = forwarder && new MetricForward(forwarder, about);
  using stopping = stopSignal({
    timeoutMs: spec.config.timeoutMs,
    cancel: around.cancel,
    lost: [
      ['store-lost', store.lost],
      ['launcher-lost', launcher.lost],
    ],
  });
  const pace = paceUntil(stopping.signal, around.pace);
  const witness = new Witness();
  const emit: Emit = (event) => {
    // Judged as it was said: a secret may look like anything.
    witness.hear(event);
    // Once the run is to end it waits for no reader: what one cannot take is in the files.
    if (event.type === 'line' && stopping.signal.aborted && around.pace() !== undefined) return;
    around.emit(event);
  };

  const freeRoom = reserveRoom(runDir);
  emit({ type: 'run-started', spec, runDir, sync: store.description });
  const tellStop = (stop: Stop | undefined) => stop !== undefined && emit({ type: 'stopping', stop });
  whenAborted(stopping.signal, () => tellStop(stopOf(stopping.signal)));
  whenAborted(launcher.lost, () => {
    // It is told of, too, where the run is to end already.
    if (stopOf(stopping.signal)?.ending !== 'launcher-lost') tellStop(lossOf(launcher));
  });
  const { facts, listen } = witness;
  const dependsOnSdk = new Set([...artifacts].filter(([, { sdk }]) => sdk).map(([group]) => group));
  const isHeld = (instance: InstanceId) => around.held.includes(instanceTag(instance));
  const helpers = { store, forward, watchdog, launcher };
  const context = { ...around, ...helpers, spec, artifacts, runDir, facts, dependsOnSdk };
  const ways = { isHeld, listen, emit, pace, stop: stopping.signal, end: stopping.stop };
  try {
    await runInstances({ ...context, ...ways });
  } finally {
    freeRoom();
    launcher.close();
  }

  const ended = new Date(nowMs());
  // Without its launcher nobody knows how instances end, whatever else the run was ended for.
  const stop = lossOf(launcher) ?? stopOf(stopping.signal);
  // It has ended: what is left is to say how.
  stopping[Symbol.dispose]();
  const measurement = { spec, runDir, kill: around.kill };
  const thresholds = await judgeThresholds(measurement);
  const verdict = judge(spec, witness, dependsOnSdk, stop, thresholds);
  const result = maskedResult({ ...frameOf(spec, started, ended), ...verdict }, around.mask);
  if (notPassed(result).length > 0) for (const doubt of doubts) warn(`perhaps it failed for this: ${doubt}`);
  const kept = await keep(spec, around, runDir, artifacts, result);
  // Where the disk is full there is no room for all of it once more.
  if (stop?.ending !== 'disk-full') (await indexMetrics(measurement)).forEach(warn);
  emit({ type: 'run-ended', result: kept.result });
  return { ...kept, recordProblem: kept.recordProblem ?? journal.failure };
}

/** Says of a run that has ended what became of it. */
function judge(
  spec: RunSpec,
  { facts, network, givenUp }: Witness,
  dependsOnSdk: ReadonlySet<string>,
  stop: Stop | undefined,
  thresholds: readonly JudgedThreshold[],
) {
  const refused = stop !== undefined && failing.includes(stop.ending);
  const { outcome, ...verdicts } = judgeRun(spec, facts, dependsOnSdk, refused);
  return {
    outcome: withThresholds(outcome, thresholds),
    ...verdicts,
    thresholds,
    error: null,
    stopped: stoppedBy(stop, givenUp),
    network: network.result(spec.groups.map(({ sidecar }) => sidecar)),
  };
}

/** Writes down how a run ended, and what it takes to carry it out again. */
async function keep(
  spec: RunSpec,
  { extraEnv }: Pick<RunSurroundings, 'extraEnv'>,
  runDir: string,
  artifacts: RunContext['artifacts'],
  result: RunResult,
): Promise<EndedRun> {
  const keys = new Map([...artifacts].map(([group, { key }]) => [group, key]));
  const bundle = { spec, env: Object.keys(extraEnv), artifacts: Object.fromEntries(keys) };
  const unkept = await writeBundle(runDir, bundle);
  const failure = (await writeResult(runDir, result)) ?? unkept;
  return { result, recordProblem: failure, artifacts: keys };
}

function lossOf({ lost }: Launcher): Stop | undefined {
  return lost.aborted ? { ending: 'launcher-lost', why: messageOf(lost.reason) } : undefined;
}

function stoppedBy(stop: Stop | undefined, givenUp: string | undefined): RunResult['stopped'] {
  if (stop !== undefined && stop.ending !== 'no-longer-needed') return { ...stop, ending: stop.ending };
  return givenUp === undefined ? null : { ending: 'given-up', why: givenUp };
}

/** Waits for a reader as `pace` does, but no longer than until the run is to end. */
function paceUntil(stop: AbortSignal, pace: RunContext['pace']): RunContext['pace'] {
  const stopped = new Promise<void>((resolve) => {
    whenAborted(stop, resolve);
  });
  return () => {
    const wait = stop.aborted ? undefined : pace();
    return wait === undefined ? undefined : Promise.race([wait, stopped]);
  };
}

function whenAborted(signal: AbortSignal, then: () => void): void {
  if (signal.aborted) then();
  else signal.addEventListener('abort', then);
}

/** @throws TgError (environment) where the run does not fit the limits of this machine. @returns what may not suffice. */
function checkMachine({ totalInstances }: RunSpec): string[] {
  return checkLimits(totalInstances, fileLimit(), processLimits());
}

/** What a result says of a run whatever became of it. */
function frameOf(spec: RunSpec, started: Date, ended: Date) {
  return {
    version: 1,
    run_id: spec.runId,
    name: spec.name,
    plan: spec.plan.name,
    case: spec.testCase,
    seed: spec.seed,
    instances: spec.totalInstances,
    started: started.toISOString(),
    ended: ended.toISOString(),
    duration_ms: ended.getTime() - started.getTime(),
  } as const;
}

/** @returns why it could not be written, if it could not. */
async function writeResult(runDir: string, result: RunResult): Promise<string | undefined> {
  const file = join(runDir, runFiles.result);
  return await writeFile(file, `${JSON.stringify(result, null, 2)}\n`).then(() => undefined, messageOf);
}

/** Lines are in run.out and run.err; the journal holds what happened to the run and its instances. */
function record(journal: Journal, event: RunEvent): void {
  if (event.type === 'line') return;
  const { type, ...rest } = event;
  if (event.type === 'run-queued') {
    // No URL of a Redis or an InfluxDB in the journal: it may hold a password.
    const { config, ...spec } = event.spec;
    const influxdb = config.influxdb === undefined ? null : new URL(config.influxdb).host;
    const kept = { ...spec, config: { ...config, sync: config.sync.store, influxdb } };
    journal.add(type, { owner: processIdOf(process.pid), spec: kept });
  } else if (event.type === 'run-started') {
    journal.add(type, { sync: event.sync });
  } else if (event.type === 'run-ended') {
    journal.add(type, { outcome: event.result.outcome, counts: event.result.counts });
  } else {
    journal.add(type, rest);
  }
}
