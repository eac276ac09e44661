import * as z from 'zod';
import type { Expectation, RunSpec } from '../plan/run-spec.ts';
import type { RunEvent } from '../run/events/events.ts';
import { checkVariable } from '../run/instance/environment.ts';
import { allOf, TgError } from '../util/errors.ts';
import { didYouMean } from '../util/suggest.ts';

/** What may be given to a parameter, a profile, a configuration. */
export type Value = string | number | boolean;
export type Values = Readonly<Record<string, Value>>;

/** How runs are carried out, whatever they are. */
export interface RunOptions {
  /** The home folder; `$TESTGROUND_HOME`, else `~/testground`, where nothing is said. */
  readonly home?: string;
  /** Run configuration: timeout, sync, redis, sidecar, influxdb, otlp, exposed_ports. */
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
  /**
   * Whether unknown keys of manifest, composition and configuration, and values that do not look like what is declared, are
   * errors.
   */
  readonly strict?: boolean;
  readonly disableMetrics?: boolean;
  /** Bounds for what is measured, as --threshold has them: `latency:p95<250`. */
  readonly thresholds?: readonly string[];
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
  /** The builder of all its groups, in place of those that it names. */
  readonly builder?: string;
  /** The runner, in place of the one that it names. */
  readonly runner?: string;
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
  thresholds: z.array(z.string()).optional(),
  onEvent: z.custom((given) => typeof given === 'function', 'must be a function').optional(),
});

const shared = [
  ...['home', 'runConfig', 'env', 'seed', 'matrix', 'select', 'ignore', 'repeat', 'failFast', 'strict'],
  ...[
    'disableMetrics',
    'thresholds',
    'coverage',
    'linkSdk',
    'metadata',
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

/** @throws TgError (usage) for options that are not known, or that are not what they have to be. */
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
