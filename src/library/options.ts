import * as z from 'zod';
import type { Expectation, RunSpec } from '../plan/run-spec.ts';
import type { RunEvent } from '../run/events/events.ts';
import { checkVariable } from '../run/instance/environment.ts';
import { allOf, TgError } from '../util/errors.ts';
import { didYouMean } from '../util/suggest.ts';

/** The value of a parameter, a profile, or a configuration key. */
export type Value = string | number | boolean;
export type Values = Readonly<Record<string, Value>>;

/** The options common to all runs. */
export interface RunOptions {
  /** The home folder; default: `$TESTGROUND_HOME`, else `~/testground`. */
  readonly home?: string;
  /** Run configuration: timeout, sync, redis, sidecar, unapplied, influxdb, otlp, exposed_ports. */
  readonly runConfig?: Values;
  /** Additional environment variables of every instance. */
  readonly env?: Readonly<Record<string, string>>;
  /** The seed from which each instance's TEST_SEED is derived; default: random. */
  readonly seed?: string | number | bigint;
  /** Parameters with several values each; every run is repeated for each combination. */
  readonly matrix?: Readonly<Record<string, readonly Value[]>>;
  /** The runs to select or ignore: their names, or `key=value` of the matrix, as for --select and --ignore. */
  readonly select?: readonly string[];
  readonly ignore?: readonly string[];
  /** How often to carry out all runs; default: once. */
  readonly repeat?: number;
  /** How many runs may be carried out at the same time, as far as the machine has room; default: one. */
  readonly jobs?: number;
  /** Whether to stop after the first run that does not pass. */
  readonly failFast?: boolean;
  /**
   * Whether unknown keys of manifest, composition and configuration, and values that do not match their declared
   * type, are errors.
   */
  readonly strict?: boolean;
  readonly disableMetrics?: boolean;
  /** Thresholds for metrics, in the syntax of --threshold: `latency:p95<250`. */
  readonly thresholds?: readonly string[];
  /** Faults to inject, in the syntax of --fault: `kill one:servers at=5s`. */
  readonly faults?: readonly string[];
  readonly coverage?: boolean;
  /** The folder of an SDK to build with. */
  readonly linkSdk?: string;
  readonly metadata?: Partial<RunSpec['metadata']>;
  /** Texts to find the run by, in place of its ID. */
  readonly labels?: readonly string[];
  /** Ends the active run gracefully, and cancels those that follow. */
  readonly signal?: AbortSignal;
  /**
   * Whether a signal to this process (SIGINT, SIGTERM, SIGHUP) ends the runs gracefully before it ends the process;
   * default: true.
   */
  readonly handleSignals?: boolean;
  /** Called with each event, in order. */
  readonly onEvent?: (event: RunEvent) => void;
}

/** The options of a run with one group of instances of a test case. */
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
  /** The artifact key of an earlier build. */
  readonly useBuild?: string;
  readonly expect?: Expectation;
}

export interface CompositionOptions extends RunOptions {
  readonly file: string;
  /** The runs to carry out, in this order; default: all. */
  readonly runIds?: readonly string[];
  /** Whether to build everything, even if the composition names artifacts. */
  readonly ignoreArtifacts?: boolean;
  /** The builder of all groups, overriding the composition. */
  readonly builder?: string;
  /** The runner, overriding the composition. */
  readonly runner?: string;
}

const value = z.union([z.string(), z.number(), z.boolean()]);
const values = z.record(z.string(), value);

/** Checks the types that JavaScript callers may get wrong; the values are checked where they are used. */
const optionsSchema = z.looseObject({
  instances: z.int().min(1).optional(),
  repeat: z.int().min(1).optional(),
  jobs: z.int().min(1).optional(),
  params: values.optional(),
  buildConfig: values.optional(),
  runConfig: values.optional(),
  matrix: z.record(z.string(), z.array(value).min(1)).optional(),
  env: z.record(z.string(), z.string()).optional(),
  thresholds: z.array(z.string()).optional(),
  faults: z.array(z.string()).optional(),
  labels: z.array(z.string()).optional(),
  onEvent: z.custom((given) => typeof given === 'function', 'must be a function').optional(),
});

const shared = [
  ...[
    'home',
    'runConfig',
    'env',
    'seed',
    'matrix',
    'select',
    'ignore',
    'repeat',
    'jobs',
    'failFast',
    'strict',
  ],
  ...[
    'disableMetrics',
    'thresholds',
    'faults',
    'coverage',
    'linkSdk',
    'metadata',
    'labels',
    'signal',
    'handleSignals',
    'onEvent',
  ],
];
export const known = {
  single: [
    ...['plan', 'testCase', 'instances', 'builder', 'runner', 'params', 'profiles', 'buildConfig'],
    ...['selectors', 'dependencies', 'useBuild', 'expect', ...shared],
  ],
  composition: ['file', 'runIds', 'ignoreArtifacts', 'builder', 'runner', ...shared],
};

/** @throws TgError (usage) for unknown options, and for options of the wrong type. */
export function checkOptions(options: RunOptions, names: readonly string[]): void {
  allOf(
    Object.keys(options).map((name) => () => {
      if (names.includes(name)) return;
      throw new TgError('usage', `there is no option "${name}"`, { hint: didYouMean(name, names, 'option') });
    }),
  );
  const checked = optionsSchema.safeParse(options);
  if (!checked.success) throw new TgError('usage', z.prettifyError(checked.error), { where: 'the options' });
  for (const name of Object.keys(options.env ?? {})) checkVariable(name, 'env');
}
