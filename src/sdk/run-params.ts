import type { Scope } from '../sync/protocol.ts';

/** The values that the run environment gives an instance. */
export interface RunParams {
  readonly testPlan: string;
  readonly testCase: string;
  readonly testRun: string;
  readonly testInstanceCount: number;
  readonly testGroupId: string;
  readonly testGroupInstanceCount: number;
  readonly testInstanceRole: string;
  readonly testInstanceParams: Readonly<Record<string, string>>;
  readonly testCaptureProfiles: Readonly<Record<string, string>>;
  /** An absolute path; files written there are collected. Empty outside a run. */
  readonly testOutputsPath: string;
  /** An absolute path that is removed after the run. Empty outside a run. */
  readonly testTempPath: string;
  readonly testSubnet: string;
  readonly testSidecar: boolean;
  readonly testDisableMetrics: boolean;
  /** RFC 3339. */
  readonly testStartTime: string;
  readonly testRepo: string;
  readonly testBranch: string;
  readonly testTag: string;
  /** The seed of the instance, a decimal number; empty outside a run, and with another runner. */
  readonly testSeed: string;
}

/** Parses the run environment from variables. */
export function parseRunParams(env: Readonly<Record<string, string | undefined>>): RunParams {
  const text = (name: string) => env[name] ?? '';
  return {
    testPlan: text('TEST_PLAN'),
    testCase: text('TEST_CASE'),
    testRun: text('TEST_RUN'),
    testInstanceCount: Number.parseInt(text('TEST_INSTANCE_COUNT'), 10),
    testGroupId: text('TEST_GROUP_ID'),
    testGroupInstanceCount: Number.parseInt(text('TEST_GROUP_INSTANCE_COUNT'), 10),
    testInstanceRole: text('TEST_INSTANCE_ROLE'),
    testInstanceParams: unpack(text('TEST_INSTANCE_PARAMS')),
    testCaptureProfiles: unpack(text('TEST_CAPTURE_PROFILES')),
    testOutputsPath: text('TEST_OUTPUTS_PATH'),
    testTempPath: text('TEST_TEMP_PATH'),
    testSubnet: text('TEST_SUBNET'),
    testSidecar: text('TEST_SIDECAR') === 'true',
    testDisableMetrics: text('TEST_DISABLE_METRICS') === 'true',
    testStartTime: text('TEST_START_TIME'),
    testRepo: text('TEST_REPO'),
    testBranch: text('TEST_BRANCH'),
    testTag: text('TEST_TAG'),
    testSeed: text('TEST_SEED'),
  };
}

/** `k=v` joined with `|`; a pair with more than one `=` is split at the first. */
function unpack(packed: string): Record<string, string> {
  const pairs = packed.split('|').filter((pair) => pair.includes('='));
  return Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );
}

/** The run environment as recorded in the start event. */
export function startEventOf(params: RunParams): Record<string, unknown> {
  const optional = {
    role: params.testInstanceRole,
    repo: params.testRepo,
    branch: params.testBranch,
    tag: params.testTag,
  };
  return {
    plan: params.testPlan,
    case: params.testCase,
    run: params.testRun,
    params: params.testInstanceParams,
    instances: params.testInstanceCount,
    outputs_path: params.testOutputsPath,
    temp_path: params.testTempPath,
    network: params.testSubnet,
    group: params.testGroupId,
    group_instances: params.testGroupInstanceCount,
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== '')),
  };
}

/** The scope of this run's keys in the sync service. */
export function scopeOf({ testRun, testPlan, testCase }: RunParams): Scope {
  return { run: testRun, plan: testPlan, testCase };
}
