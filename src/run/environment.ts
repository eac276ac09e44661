import { pack } from '../plan/params.ts';
import type { GroupSpec, RunSpec } from '../plan/run-spec.ts';
import type { Door } from '../sync/server.ts';
import type { SyncStore } from '../sync/store.ts';

/**
 * What passes from the caller to an instance without being asked for: who and where one is, language and time zone.
 * Everything else needs `--env`. docs/cli.md shows this list; a test holds the two together.
 */
export const passedOn = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LC_ALL',
  'LC_CTYPE',
  'TZ',
] as const;

/** The subnet that a plan sees without a sidecar. */
const localSubnet = '127.1.0.0/16';
/** Where the peer's InfluxDB listens; SDKs want the variable, nothing need be there. */
const influxUrl = 'http://localhost:8086';

/** An instance, as far as its environment tells of it. */
export interface InstancePlace {
  readonly spec: RunSpec;
  readonly group: GroupSpec;
  readonly outputs: string;
  readonly temp: string;
  /** The folder of the plan as built. */
  readonly plan: string;
  readonly door: Door;
  readonly store: SyncStore;
}

/** The whole environment of an instance: the run's, then what was asked for with `--env`, then the caller's few. */
export function instanceEnvironment(
  { spec, group, ...place }: InstancePlace,
  extra: Readonly<Record<string, string>>,
  caller: NodeJS.ProcessEnv,
): Record<string, string> {
  const env: Record<string, string> = {};
  for (const name of passedOn) {
    const value = caller[name];
    if (value !== undefined) env[name] = value;
  }
  return Object.assign(env, { TMPDIR: place.temp }, extra, {
    TEST_PLAN: spec.plan.name,
    TEST_CASE: spec.testCase,
    TEST_RUN: spec.runId,
    TEST_INSTANCE_COUNT: String(spec.totalInstances),
    TEST_GROUP_INSTANCE_COUNT: String(group.instances),
    TEST_GROUP_ID: group.id,
    TEST_INSTANCE_ROLE: group.role,
    TEST_INSTANCE_PARAMS: pack(group.params),
    TEST_CAPTURE_PROFILES: pack(group.profiles),
    TEST_OUTPUTS_PATH: place.outputs,
    TEST_TEMP_PATH: place.temp,
    TEST_SUBNET: localSubnet,
    TEST_SIDECAR: 'false',
    TEST_DISABLE_METRICS: String(spec.disableMetrics),
    TEST_START_TIME: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    TEST_REPO: spec.metadata.repo,
    TEST_BRANCH: spec.metadata.branch,
    TEST_TAG: spec.metadata.commit,
    SYNC_SERVICE_HOST: place.door.host,
    SYNC_SERVICE_PORT: String(place.door.port),
    REDIS_HOST: place.store.redis?.host ?? '127.0.0.1',
    // Without a Redis, a port where nobody can listen: an old SDK must not meet a stranger's Redis on 6379.
    REDIS_PORT: String(place.store.redis?.port ?? 0),
    INFLUXDB_URL: influxUrl,
    TG_PLAN_PATH: place.plan,
  });
}

/** Whether a variable is the run's to set. */
export function isReserved(name: string): boolean {
  return /^(TEST_[A-Z_]+|TG_PLAN_PATH|SYNC_SERVICE_(HOST|PORT)|REDIS_(HOST|PORT)|INFLUXDB_URL)$/.test(name);
}
