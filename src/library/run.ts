import { setMaxListeners } from 'node:events';
import { resolve } from 'node:path';
import { z } from 'zod';
import { allOf, TgError } from '../errors.ts';
import { type Home, homeOf } from '../home.ts';
import { didYouMean } from '../nearest.ts';
import { runDirOf } from '../outputs/layout.ts';
import { dependencyOf } from '../plan/resolve/dependency.ts';
import type { Expectation, RunSpec } from '../plan/run-spec.ts';
import { checkVariable } from '../run/environment.ts';
import type { RunEvent } from '../run/events.ts';
import type { Outcome, RunResult } from '../run/result.ts';
import { runSeries, type SeriesRun } from '../run/series.ts';
import { checkBuilds } from './checks.ts';
import { openComposition } from './composition.ts';
import { contextOf } from './context.ts';
import { guardRuns } from './guard.ts';
import { compositionSpecs, type SpecOptions, singleSpecs } from './specs.ts';

/** What may be given to a parameter, a profile, a configuration. */
export type Value = string | number | boolean;
type Values = Readonly<Record<string, Value>>;

/** How runs are carried out, whatever they are. */
export interface RunOptions {
  /** The home folder; `$TESTGROUND_HOME`, else `~/testground`, where nothing is said. */
  readonly home?: string;
  /** Run configuration: timeout, sync, redis, sidecar, influxdb. */
  readonly runConfig?: Values;
  /** Variables that every instance gets, beside those of the run environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** From which each instance's TEST_SEED is derived; by chance where nothing is said. */
  readonly seed?: string | number | bigint;
  /** Parameters with several values each: every run is carried out with every combination. */
  readonly matrix?: Readonly<Record<string, readonly Value[]>>;
  /** Which runs: their names, or `key=value` of the matrix; as --select and --ignore. */
  readonly select?: readonly string[];
  readonly ignore?: readonly string[];
  /** How often everything is carried out; once where nothing is said. */
  readonly repeat?: number;
  /** Whether the first run that does not pass is the last. */
  readonly failFast?: boolean;
  /** Whether unknown keys of manifest and composition are errors. */
  readonly strict?: boolean;
  readonly disableMetrics?: boolean;
  readonly coverage?: boolean;
  /** The folder of an SDK to build with. */
  readonly linkSdk?: string;
  readonly metadata?: Partial<RunSpec['metadata']>;
  /** Ends the run that goes on, in order, and cancels those that follow. */
  readonly signal?: AbortSignal;
  /**
   * Whether a signal to this process (SIGINT, SIGTERM, SIGHUP) ends the runs in order before it ends the process; true
   * where nothing is said.
   */
  readonly handleSignals?: boolean;
  /** Is told of everything that happens, in order. */
  readonly onEvent?: (event: RunEvent) => void;
}

/** One group of instances of a test case. */
export interface SingleOptions extends RunOptions {
  /** The plan: a name, or the path of its folder. */
  readonly plan: string;
  readonly testCase?: string;
  readonly instances?: number;
  readonly builder?: string;
  readonly runner?: string;
  readonly params?: Values;
  readonly profiles?: Readonly<Record<string, string>>;
  readonly buildConfig?: Values;
  readonly selectors?: readonly string[];
  readonly dependencies?: readonly {
    readonly module: string;
    readonly target?: string;
    readonly version?: string;
  }[];
  /** The key of an earlier build. */
  readonly useBuild?: string;
  readonly expect?: Expectation;
}

/** The runs of a composition. */
export interface CompositionOptions extends RunOptions {
  readonly file: string;
  /** Which of its runs, in this order; all of them where nothing is said. */
  readonly runIds?: readonly string[];
  /** Whether to build, whatever artifacts it names. */
  readonly ignoreArtifacts?: boolean;
}

/** A run that was asked for: how it ended, or why it did not begin. */
export interface RunOutcome {
  /** Its name in the composition; `default` where it has none. */
  readonly name: string;
  /** Undefined for one that did not begin. */
  readonly runId: string | undefined;
  readonly outcome: Outcome;
  /** Why it did not begin; empty for one that did. */
  readonly error: string;
  /** What result.json holds; undefined for one that did not begin. */
  readonly result: RunResult | undefined;
  /** The folder of its outputs. */
  readonly outputs: string | undefined;
}

/** What became of runs. */
export interface RunsOutcome {
  /** success where every run was one. */
  readonly outcome: Outcome;
  /** All of them, in their order. */
  readonly runs: readonly RunOutcome[];
}

/**
 * Runs one group of instances of a test case to its end; with a matrix or `repeat`, several times.
 * @throws TgError for what is wrong before it begins: options, manifest, build, a Redis that is not there.
 */
export async function runSingle(options: SingleOptions): Promise<RunsOutcome> {
  checkOptions(options, known.single);
  const home = homeIn(options);
  const context = await contextOf(options.plan, home, contextOptions(options));
  const dependencies = (options.dependencies ?? []).map((dependency) =>
    dependencyOf(dependency, 'dependencies', process.cwd()),
  );
  const request = {
    testCase: options.testCase,
    runner: options.runner,
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
  return await carryOut(singleSpecs(request, specOptions(options, []), home, context), options, home);
}

/**
 * Carries out the runs of a composition, one after the other, to their end.
 * @throws TgError for what is wrong before the first begins.
 */
export async function runComposition(options: CompositionOptions): Promise<RunsOutcome> {
  checkOptions(options, known.composition);
  const home = homeIn(options);
  const { ignoreArtifacts } = options;
  const composition = await openComposition(options.file, home, {
    ...contextOptions(options),
    ignoreArtifacts,
    env: process.env,
  });
  const specs = compositionSpecs(composition, specOptions(options, options.runIds ?? []), home);
  return await carryOut(specs, options, home);
}

async function carryOut(specs: readonly RunSpec[], options: RunOptions, home: Home): Promise<RunsOutcome> {
  for (const name of Object.keys(options.env ?? {})) checkVariable(name, 'env');
  await checkBuilds(specs, home);
  using guard = guardRuns(options.handleSignals !== false);
  const never = new AbortController().signal;
  const failed = new AbortController();
  const cancel = AbortSignal.any([guard.signal, failed.signal, ...(options.signal ? [options.signal] : [])]);
  // Every instance listens to them.
  for (const signal of [never, cancel]) setMaxListeners(0, signal);
  // One that listens and throws ends the run: it must not be taken for a failure of an instance.
  let thrown: { readonly error: unknown } | undefined;
  const tell = (event: RunEvent) => {
    try {
      options.onEvent?.(event);
    } catch (error) {
      thrown ??= { error };
      failed.abort('onEvent threw an error');
    }
  };
  const results = new Map<string, RunResult>();
  const { runs, problem } = await runSeries(
    specs,
    {
      rounds: options.repeat ?? 1,
      freshSeeds: options.seed === undefined,
      stopAtFailure: options.failFast === true,
    },
    {
      ...{ home, cancel, kill: never, held: [], callerEnv: process.env, extraEnv: options.env ?? {} },
      emit: (event) => {
        guard.learn(event);
        if (event.type === 'run-ended') results.set(event.result.run_id, event.result);
        tell(event);
      },
      pace: () => undefined,
      onRun: async () => {},
    },
  );
  if (thrown !== undefined) throw thrown.error;
  // One that was cancelled is an outcome; what was wrong is an error.
  if (problem !== undefined && !cancel.aborted) throw problem;
  const outcomes = runs.map((run) => outcomeOf(run, results, home));
  const bad = outcomes.find(({ outcome }) => outcome !== 'success');
  return { outcome: bad?.outcome ?? 'success', runs: outcomes };
}

function outcomeOf(
  { spec, begun, outcome, error }: SeriesRun,
  results: ReadonlyMap<string, RunResult>,
  home: Home,
): RunOutcome {
  return {
    name: spec.name,
    runId: begun ? spec.runId : undefined,
    outcome,
    error,
    result: results.get(spec.runId),
    outputs: begun ? runDirOf(home, spec.plan.name, spec.runId) : undefined,
  };
}

function homeIn({ home }: RunOptions): Home {
  return homeOf(home === undefined ? process.env : { ...process.env, TESTGROUND_HOME: resolve(home) });
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
    coverage: options.coverage === true,
    linkSdk: options.linkSdk,
    metadata: { repo: '', branch: '', commit: '', ...options.metadata },
  };
}

const value = z.union([z.string(), z.number(), z.boolean()]);
const values = z.record(z.string(), value);

/** What a program in JavaScript may have got wrong; the rest is checked where it is used. */
const optionsSchema = z.looseObject({
  instances: z.int().min(1).optional(),
  repeat: z.int().min(1).optional(),
  params: values.optional(),
  buildConfig: values.optional(),
  runConfig: values.optional(),
  matrix: z.record(z.string(), z.array(value).min(1)).optional(),
  env: z.record(z.string(), z.string()).optional(),
  onEvent: z.custom((given) => typeof given === 'function', 'must be a function').optional(),
});

const shared = [
  ...['home', 'runConfig', 'env', 'seed', 'matrix', 'select', 'ignore', 'repeat', 'failFast', 'strict'],
  ...['disableMetrics', 'coverage', 'linkSdk', 'metadata', 'signal', 'handleSignals', 'onEvent'],
];
const known = {
  single: [
    ...['plan', 'testCase', 'instances', 'builder', 'runner', 'params', 'profiles', 'buildConfig'],
    ...['selectors', 'dependencies', 'useBuild', 'expect', ...shared],
  ],
  composition: ['file', 'runIds', 'ignoreArtifacts', ...shared],
};

function checkOptions(options: RunOptions, names: readonly string[]): void {
  allOf(
    Object.keys(options).map((name) => () => {
      if (names.includes(name)) return;
      throw new TgError('usage', `there is no option "${name}"`, { hint: didYouMean(name, names, 'option') });
    }),
  );
  const checked = optionsSchema.safeParse(options);
  if (!checked.success) throw new TgError('usage', z.prettifyError(checked.error), { where: 'the options' });
}

function texts(values: Values | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(values ?? {}).map(([name, value]) => [name, String(value)]));
}
