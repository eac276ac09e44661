import { setMaxListeners } from 'node:events';
import type { Home } from '../os/home.ts';
import { runDirOf } from '../outputs/layout.ts';
import { readFaultText } from '../plan/fault/read-fault.ts';
import { checkLabels } from '../plan/labels.ts';
import { dependencyOf } from '../plan/resolve/dependency.ts';
import type { RunSpec } from '../plan/run-spec.ts';
import { readThreshold } from '../plan/threshold.ts';
import type { RunEvent } from '../run/events/events.ts';
import type { SeriesRun } from '../run/series/run-series.ts';
import { type Outcome, worstOutcome } from '../run/verdict/outcomes.ts';
import type { RunResult } from '../run/verdict/result.ts';
import { openComposition } from './composition.ts';
import { contextOf, homeIn } from './context.ts';
import { endOnSignals } from './end-on-signals.ts';
import { checkRuns, executeRuns, inSeries } from './execute-runs.ts';
import {
  type CompositionOptions,
  checkOptions,
  known,
  type RunOptions,
  type SingleOptions,
  type Values,
} from './options.ts';
import { compositionSpecs, type SpecOptions, singleSpecs } from './specs.ts';

/** The result of a requested run, or why it did not start. */
export interface RunOutcome {
  /** Its name in the composition; `default` outside a composition. */
  readonly name: string;
  /** Undefined for a run that did not start. */
  readonly runId: string | undefined;
  readonly outcome: Outcome;
  /** Why it did not start; empty otherwise. */
  readonly error: string;
  /** The content of result.json; undefined for a run that did not start. */
  readonly result: RunResult | undefined;
  /** The folder of its outputs. */
  readonly outputs: string | undefined;
}

/** The results of a series of runs. */
export interface RunsOutcome {
  /** The worst outcome of all runs. */
  readonly outcome: Outcome;
  /** The ID of the series; undefined for a single run. */
  readonly series: string | undefined;
  /** All runs, in order. */
  readonly runs: readonly RunOutcome[];
}

/**
 * Runs one group of instances of a test case; several times with a matrix or `repeat`.
 * @throws TgError for problems found before the run starts: options, manifest, build, an unreachable Redis.
 */
export async function runSingle(options: SingleOptions): Promise<RunsOutcome> {
  checkOptions(options, known.single);
  const home = homeIn(options.home);
  const { runner } = options;
  const context = await contextOf(options.plan, home, { ...contextOptions(options), runner });
  const dependencies = (options.dependencies ?? []).map((dependency) =>
    dependencyOf(dependency, 'dependencies', process.cwd()),
  );
  const request = {
    testCase: options.testCase,
    runner,
    builder: options.builder,
    instances: options.instances,
    params: texts(options.params),
    profiles: options.profiles ?? {},
    buildConfig: texts(options.buildConfig),
    selectors: options.selectors ?? [],
    dependencies,
    artifact: options.useBuild,
    expect: options.expect ?? 'success',
  };
  return await execute(singleSpecs(request, specOptions(options, []), home, context), options, home);
}

/**
 * Carries out the runs of a composition, one after the other.
 * @throws TgError for problems found before the first run starts.
 */
export async function runComposition(options: CompositionOptions): Promise<RunsOutcome> {
  checkOptions(options, known.composition);
  const home = homeIn(options.home);
  const { ignoreArtifacts, builder, runner } = options;
  const composition = await openComposition(options.file, home, {
    ...contextOptions(options),
    ...{ ignoreArtifacts, builder, runner },
    env: process.env,
  });
  const specs = compositionSpecs(composition, specOptions(options, options.runIds ?? []), home);
  return await execute(specs, options, home);
}

async function execute(asked: readonly RunSpec[], options: RunOptions, home: Home): Promise<RunsOutcome> {
  const rounds = options.repeat ?? 1;
  const specs = inSeries(await checkRuns(asked, home, 'refuse'), rounds);
  using watch = endOnSignals(options.handleSignals !== false);
  const never = new AbortController().signal;
  const failed = new AbortController();
  const cancel = AbortSignal.any([watch.signal, failed.signal, ...(options.signal ? [options.signal] : [])]);
  // Every instance adds listeners.
  for (const signal of [never, cancel]) setMaxListeners(0, signal);
  // An exception of the caller's listener ends the run; it must not count as the failure of an instance.
  let thrown: { readonly error: unknown } | undefined;
  const callListener = (event: RunEvent) => {
    try {
      options.onEvent?.(event);
    } catch (error) {
      thrown ??= { error };
      failed.abort('onEvent threw an error');
    }
  };
  const outcomes: RunOutcome[] = [];
  const { problem } = await executeRuns(
    specs,
    {
      rounds,
      freshSeeds: options.seed === undefined,
      stopAtFailure: options.failFast === true,
      jobs: options.jobs ?? 1,
    },
    {
      ...{ home, cancel, kill: never, held: [], extraEnv: options.env ?? {} },
      emit: callListener,
      pace: () => undefined,
      everyLine: options.onEvent !== undefined,
      warn: (text) => process.emitWarning(text),
      onRun: async (run) => void outcomes.push(outcomeOf(run, home)),
    },
  );
  if (thrown !== undefined) throw thrown.error;
  // A cancelled run is an outcome; a problem is an error.
  if (problem !== undefined && !cancel.aborted) throw problem;
  const outcome = worstOutcome(outcomes.map((run) => run.outcome));
  return { outcome, series: specs[0]?.series?.id, runs: outcomes };
}

function outcomeOf({ spec, begun, outcome, error, result }: SeriesRun, home: Home): RunOutcome {
  return {
    name: spec.name,
    runId: begun ? spec.runId : undefined,
    outcome,
    error,
    result,
    outputs: begun ? runDirOf(home, spec.plan.name, spec.runId) : undefined,
  };
}

function contextOptions({ strict, seed }: RunOptions) {
  return { strict, seed: seed === undefined ? undefined : String(seed) };
}

function specOptions(options: RunOptions, ids: readonly string[]): SpecOptions {
  return {
    axes: Object.entries(options.matrix ?? {}).map(([name, values]) => ({
      name,
      values: values.map(String),
      where: 'matrix',
    })),
    ids,
    select: options.select ?? [],
    ignore: options.ignore ?? [],
    runConfig: [{ where: 'runConfig', values: options.runConfig ?? {} }],
    disableMetrics: options.disableMetrics === true,
    thresholds: (options.thresholds ?? []).map((text) => readThreshold(text, 'thresholds')),
    faults: (options.faults ?? []).map((text) => readFaultText(text, 'faults')),
    coverage: options.coverage === true,
    linkSdk: options.linkSdk,
    metadata: { repo: '', branch: '', commit: '', ...options.metadata },
    labels: checkLabels(options.labels ?? [], 'labels'),
  };
}

function texts(values: Values | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(values ?? {}).map(([name, value]) => [name, String(value)]));
}
