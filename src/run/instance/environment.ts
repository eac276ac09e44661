import type { InstanceId } from '../../plan/instance-id.ts';
import { pack } from '../../plan/resolve/params.ts';
import type { GroupSpec, RunSpec } from '../../plan/run-spec.ts';
import type { Placement } from '../../runners/runner.ts';
import type { Address } from '../../sync/server/endpoint.ts';
import type { SyncStore } from '../../sync/store.ts';
import { TgError } from '../../util/errors.ts';
import { seedOf } from '../seed.ts';

/** The parts of a run that an instance's environment describes. */
export interface EnvironmentContext {
  readonly spec: RunSpec;
  readonly group: GroupSpec;
  readonly instance: InstanceId;
  readonly placement: Placement;
  readonly hostname: string;
  /** Its endpoint, as this machine knows it. */
  readonly endpoint: Address;
  readonly store: SyncStore;
  /** The folder for coverage data, as the instance sees it; undefined if coverage was not requested. */
  readonly coverage: string | undefined;
}

function coverageTo(folder: string): Record<string, string> {
  return { GOCOVERDIR: folder, NODE_V8_COVERAGE: folder };
}

/**
 * The whole environment of an instance. The run's variables override the runner's, which override those of `--env`,
 * which override the runner's defaults.
 */
export function instanceEnvironment(
  { spec, group, instance, placement, hostname, endpoint, store, coverage }: EnvironmentContext,
  extra: Readonly<Record<string, string>>,
): Record<string, string> {
  const { inside, env, subnet } = placement;
  const sync = placement.reach(endpoint);
  // Without a Redis, the endpoint itself speaks the Redis protocol, for old SDKs.
  const redis = store.redis === undefined ? sync : placement.reach(store.redis);
  return {
    ...env.defaults,
    TMPDIR: inside.temp,
    ...extra,
    ...(coverage === undefined ? {} : coverageTo(coverage)),
    ...env.overrides,
    TEST_PLAN: spec.plan.name,
    TEST_CASE: spec.testCase,
    TEST_RUN: spec.runId,
    TEST_INSTANCE_COUNT: String(spec.totalInstances),
    TEST_GROUP_INSTANCE_COUNT: String(group.instances),
    TEST_GROUP_ID: group.id,
    TEST_INSTANCE_ROLE: group.role,
    TEST_INSTANCE_PARAMS: pack(group.params),
    TEST_CAPTURE_PROFILES: pack(group.profiles),
    TEST_OUTPUTS_PATH: inside.outputs,
    TEST_TEMP_PATH: inside.temp,
    TEST_SUBNET: subnet,
    TEST_SIDECAR: String(group.sidecar !== 'none'),
    TEST_DISABLE_METRICS: String(spec.disableMetrics),
    TEST_START_TIME: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    TEST_REPO: spec.metadata.repo,
    TEST_BRANCH: spec.metadata.branch,
    TEST_TAG: spec.metadata.commit,
    TEST_SEED: seedOf(spec.seed, instance),
    SYNC_SERVICE_HOST: sync.host,
    SYNC_SERVICE_PORT: String(sync.port),
    REDIS_HOST: redis.host,
    REDIS_PORT: String(redis.port),
    INFLUXDB_URL: `http://${sync.host}:${sync.port}`,
    HOSTNAME: hostname,
    TG_PLAN_PATH: inside.plan,
  };
}

/**
 * @param where the origin of the name, for messages.
 * @throws TgError (usage) if the name is not a valid variable name or is set by the run.
 */
export function checkVariable(name: string, where: string): void {
  if (!/^[A-Za-z_]\w*$/.test(name)) {
    throw new TgError('usage', `${JSON.stringify(name)} is not a valid variable name`, {
      where,
      hint: 'Write --env NAME or --env NAME=value.',
    });
  }
  if (isReserved(name)) {
    throw new TgError('usage', `${name} is part of the run environment, which tg sets itself`, {
      where,
      hint: 'Choose another name, or pass the value as a parameter.',
    });
  }
}

function isReserved(name: string): boolean {
  return /^(TEST_[A-Z_]+|TG_PLAN_PATH|SYNC_SERVICE_(HOST|PORT)|REDIS_(HOST|PORT)|INFLUXDB_URL|HOSTNAME)$/.test(
    name,
  );
}
