import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../errors.ts';
import { Forwarder } from '../influx/forward.ts';
import { Journal, thisProcess } from '../outputs/journal.ts';
import { makeRunDir, runDirOf, runFiles } from '../outputs/layout.ts';
import type { RunSpec } from '../plan/run-spec.ts';
import { openStore } from '../sync/open.ts';
import { runPrefix } from '../sync/protocol.ts';
import { type BuildSurroundings, buildGroups } from './build-groups.ts';
import type { Emit, RunEvent, Stop } from './events.ts';
import { FactBook } from './facts.ts';
import { localExec } from './local-exec.ts';
import { NetworkBook } from './network-book.ts';
import type { RunResult } from './result.ts';
import type { RunContext } from './runner.ts';
import { stopOf } from './runner.ts';
import { stopSignal } from './stop.ts';
import { judgeRun } from './verdict.ts';

/** What surrounds a run. */
export interface RunSurroundings extends BuildSurroundings {
  readonly extraEnv: Readonly<Record<string, string>>;
  /** Ends what is left at once. */
  readonly kill: AbortSignal;
  readonly pace: RunContext['pace'];
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
 * Builds a plan, runs it to its end, and judges it.
 * @returns the verdict, which is in the run's outputs too.
 * @throws TgError when the run could not begin: the plan does not build, the store is not there, somebody wanted it to
 *   end before it did.
 */
export async function runPlan(spec: RunSpec, around: RunSurroundings): Promise<EndedRun> {
  const warn = (text: string) => around.emit({ type: 'notice', level: 'WARN', text });
  const artifacts = await buildGroups(spec, around);
  const carryOut = await localExec.prepare(artifacts);
  const started = new Date();
  await using store = await openStore(spec.config.sync, {
    prefix: runPrefix(spec.runId),
    removeKeysAtEnd: true,
    signal: around.cancel,
    warn,
  });
  const { influxdb } = spec.config;
  await using forward = influxdb === undefined ? undefined : await Forwarder.open(influxdb, warn);
  const runDir = runDirOf(around.home, spec.plan.name, spec.runId);
  await makeRunDir(runDir, spec.runId);
  using journal = new Journal(runDir);
  using stopping = stopSignal({ timeoutMs: spec.config.timeoutMs, cancel: around.cancel, lost: store.lost });
  const pace = paceUntil(stopping.signal, around.pace);
  const facts = new FactBook();
  const network = new NetworkBook();
  const emit: Emit = (event) => {
    facts.learn(event);
    network.learn(event);
    record(journal, event);
    // Once the run is to end it waits for no reader: what one cannot take is in the files.
    if (event.type === 'line' && stopping.signal.aborted && around.pace() !== undefined) return;
    around.emit(event);
  };

  emit({ type: 'run-started', spec, runDir, sync: store.description });
  whenAborted(stopping.signal, () => emit({ type: 'stopping', stop: stopping.signal.reason as Stop }));
  const refuse = (why: string) => stopping.stop({ ending: 'refused', why });
  const context = { ...around, spec, artifacts, runDir, store, forward, refuse, emit, pace };
  await carryOut({ ...context, stop: stopping.signal });

  const stop = stopOf(stopping.signal);
  const dependsOnSdk = new Set([...artifacts].filter(([, { sdk }]) => sdk).map(([group]) => group));
  const result: RunResult = {
    ...resultOf(spec, judgeRun(spec, facts, dependsOnSdk, stop?.ending === 'refused'), stop, started),
    network: network.result(spec.groups.map(({ sidecar }) => sidecar)),
  };
  const file = join(runDir, runFiles.result);
  const failure = await writeFile(file, `${JSON.stringify(result, null, 2)}\n`).catch(messageOf);
  emit({ type: 'run-ended', result });
  const keys = new Map([...artifacts].map(([group, { key }]) => [group, key]));
  return { result, recordProblem: failure ?? journal.failure, artifacts: keys };
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

function resultOf(
  spec: RunSpec,
  verdicts: ReturnType<typeof judgeRun>,
  stop: Stop | undefined,
  started: Date,
): Omit<RunResult, 'network'> {
  const ended = new Date();
  return {
    version: 1,
    run_id: spec.runId,
    plan: spec.plan.name,
    case: spec.testCase,
    outcome: verdicts.outcome,
    stopped: stop ?? null,
    instances: spec.totalInstances,
    counts: verdicts.counts,
    groups: verdicts.groups,
    started: started.toISOString(),
    ended: ended.toISOString(),
    duration_ms: ended.getTime() - started.getTime(),
  };
}

/** Lines are in run.out and run.err; the journal holds what happened to the run and its instances. */
function record(journal: Journal, event: RunEvent): void {
  if (event.type === 'line' || event.type === 'notice') return;
  const { type, ...rest } = event;
  if (event.type === 'run-started') {
    // No URL of a Redis or an InfluxDB in the journal: it may hold a password.
    const { config, ...spec } = event.spec;
    const influxdb = config.influxdb === undefined ? null : new URL(config.influxdb).host;
    const kept = { ...spec, config: { ...config, sync: event.sync, influxdb } };
    journal.add(type, { owner: thisProcess(), spec: kept });
  } else if (event.type === 'run-ended') {
    journal.add(type, { outcome: event.result.outcome, counts: event.result.counts });
  } else {
    journal.add(type, rest);
  }
}
