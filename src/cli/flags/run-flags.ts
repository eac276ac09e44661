import type { SpecOptions } from '../../library/specs.ts';
import { readFaultText } from '../../plan/fault/read-fault.ts';
import { checkLabels } from '../../plan/labels.ts';
import type { Layer } from '../../plan/resolve/layered-config.ts';
import type { Axis } from '../../plan/resolve/matrix.ts';
import { readThreshold } from '../../plan/threshold.ts';
import { TgError } from '../../util/errors.ts';
import { unknownFlags } from './called-as.ts';
import { configFlags } from './config-flags.ts';
import { readKeyValues } from './key-values.ts';

/** The flags of all commands that run a plan, as parsed by commander. */
export interface RunFlags {
  readonly runCfg?: readonly string[];
  readonly collect?: boolean;
  readonly collectFile?: string;
  readonly resultFile?: string;
  readonly detach?: boolean;
  readonly disableMetrics?: boolean;
  readonly threshold?: readonly string[];
  readonly fault?: readonly string[];
  readonly label?: readonly string[];
  readonly metric?: readonly string[];
  readonly metadataRepo?: string;
  readonly metadataBranch?: string;
  readonly metadataCommit?: string;
  readonly timeout?: string;
  readonly stallAfter?: string;
  readonly maxOutput?: string;
  readonly env?: readonly string[];
  readonly sync?: string;
  readonly redis?: string;
  readonly influxdb?: string;
  readonly otlp?: string;
  readonly coverage?: boolean;
  readonly linkSdk?: string;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly strict?: boolean;
  readonly seed?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly junit?: string;
  readonly list?: boolean;
  readonly matrix?: readonly string[];
  readonly select?: readonly string[];
  readonly ignore?: readonly string[];
  readonly repeat?: number;
  readonly jobs?: number;
  readonly untilFailure?: boolean;
  readonly failFast?: boolean;
  readonly keepPassed?: boolean;
  readonly hold?: readonly string[];
  readonly net?: readonly string[];
  readonly pcap?: readonly string[];
}

/**
 * `--timeout`, `--stall-after`, `--max-output`, `--sync`, `--redis`, `--net`, `--pcap`, `--influxdb` and `--otlp` are
 * shorthands for run configuration and override it.
 */
export function runConfigOf({
  runCfg,
  timeout,
  stallAfter,
  maxOutput,
  sync,
  redis,
  net,
  pcap,
  influxdb,
  otlp,
}: RunFlags): Layer[] {
  return [
    { where: '--run-cfg', values: readKeyValues('--run-cfg', runCfg ?? []) },
    ...configFlags({
      timeout,
      stall_after: stallAfter,
      max_output: maxOutput,
      sync,
      redis,
      net,
      pcap,
      influxdb,
      otlp,
    }),
  ];
}

/** The spec options given by the flags. @throws TgError (usage) for a flag that cannot be parsed. */
export function specOptionsOf(flags: RunFlags, ids: readonly string[]): SpecOptions {
  const { metadataRepo: repo = '', metadataBranch: branch = '', metadataCommit: commit = '' } = flags;
  return {
    axes: axesOf(flags.matrix ?? []),
    ids,
    select: flags.select ?? [],
    ignore: flags.ignore ?? [],
    runConfig: runConfigOf(flags),
    disableMetrics: flags.disableMetrics === true,
    thresholds: (flags.threshold ?? []).map((text) => readThreshold(text, '--threshold')),
    faults: (flags.fault ?? []).map((text) => readFaultText(text, '--fault')),
    coverage: flags.coverage === true,
    linkSdk: flags.linkSdk,
    metadata: { repo, branch, commit },
    labels: checkLabels(flags.label ?? [], '--label'),
    missing: flags.dryRun || flags.list ? 'tell' : 'refuse',
    unknownFlags: unknownFlags(),
  };
}

/** Parses `--matrix n=1,2,3`, which may be repeated. */
function axesOf(given: readonly string[]): Axis[] {
  return given.map((text) => {
    const [[name, values] = ['', '']] = Object.entries(readKeyValues('--matrix', [text]));
    const each = values.split(',');
    if (!each.includes('')) return { name, values: each, where: '--matrix' };
    throw new TgError('usage', `a value of "${name}" is empty: ${JSON.stringify(values)}`, {
      where: '--matrix',
      hint: 'Write --matrix name=one,two,three.',
    });
  });
}
