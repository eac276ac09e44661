import { pythonSdkFolder } from '../../os/own-package.ts';
import { pack } from '../../plan/resolve/params.ts';
import type { GroupSpec, RunSpec } from '../../plan/run-spec.ts';
import type { Endpoint } from '../../sync/server/endpoint.ts';
import type { SyncStore } from '../../sync/store.ts';
import { TgError } from '../../util/errors.ts';
import { seedOf } from '../seed.ts';
import type { InstanceId } from './instance-id.ts';
import type { Place } from './workplace.ts';

/**
 * The variables passed from the caller to an instance by default: user, paths, language and time zone. All others
 * need `--env`. docs/cli.md shows this list; a test compares the two.
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

/**
 * The subnet that a plan sees. With a sidecar, the Go SDK looks for an interface in it and finds the loopback
 * interface.
 */
const subnets = { without: '127.1.0.0/16', with: '127.0.0.0/8' };

/** The parts of a run that an instance's environment describes. */
export interface InstanceSurroundings {
  readonly spec: RunSpec;
  readonly group: GroupSpec;
  readonly place: Place;
  /** The folder of the built plan. */
  readonly plan: string;
  readonly door: Endpoint;
  readonly store: SyncStore;
  readonly instance: InstanceId;
  /** The ports that it may listen on, by the variables that hold them. */
  readonly exposed: Readonly<Record<string, string>>;
}

/** The hostname under which an instance requests its network; unique across runs. */
export function hostnameOf(runId: string, { group, index }: InstanceId): string {
  return `${runId}-${group}-${index}`;
}

function coverageTo(folder: string): Record<string, string> {
  return { GOCOVERDIR: folder, NODE_V8_COVERAGE: folder };
}

/**
 * The PYTHONPATH that makes our SDK available to a Python plan. It comes after the `--env` value, and Python puts
 * the program's own folder before both. It is searched before installed packages, so the module there looks for an
 * installed SDK first.
 */
function pythonPath(given: string | undefined): string {
  return given ? `${given}:${pythonSdkFolder}` : pythonSdkFolder;
}

/**
 * The whole environment of an instance; the run's variables override those of `--env`, which override the caller's.
 */
export function instanceEnvironment(
  { spec, group, instance, place, plan, door, store, exposed }: InstanceSurroundings,
  extra: Readonly<Record<string, string>>,
  caller: NodeJS.ProcessEnv,
): Record<string, string> {
  const env: Record<string, string> = {};
  for (const name of passedOn) {
    const value = caller[name];
    if (value !== undefined) env[name] = value;
  }
  const coverage = place.coverage === undefined ? {} : coverageTo(place.coverage);
  const python = { PYTHONUNBUFFERED: caller['PYTHONUNBUFFERED'] ?? '1' };
  return Object.assign(env, { TMPDIR: place.temp }, python, exposed, extra, coverage, {
    PYTHONPATH: pythonPath(extra['PYTHONPATH']),
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
    TEST_SUBNET: group.sidecar === 'none' ? subnets.without : subnets.with,
    TEST_SIDECAR: String(group.sidecar !== 'none'),
    TEST_DISABLE_METRICS: String(spec.disableMetrics),
    TEST_START_TIME: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    TEST_REPO: spec.metadata.repo,
    TEST_BRANCH: spec.metadata.branch,
    TEST_TAG: spec.metadata.commit,
    TEST_SEED: seedOf(spec.seed, instance),
    SYNC_SERVICE_HOST: door.host,
    SYNC_SERVICE_PORT: String(door.port),
    // Without a Redis, the endpoint itself speaks the Redis protocol, for old SDKs.
    REDIS_HOST: store.redis?.host ?? door.host,
    REDIS_PORT: String(store.redis?.port ?? door.port),
    INFLUXDB_URL: `http://${door.host}:${door.port}`,
    HOSTNAME: hostnameOf(spec.runId, instance),
    TG_PLAN_PATH: plan,
  });
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
    throw new TgError('usage', `${name} is part of the run environment, which tg sets itself`, { where });
  }
}

function isReserved(name: string): boolean {
  return /^(TEST_[A-Z_]+|TG_PLAN_PATH|SYNC_SERVICE_(HOST|PORT)|REDIS_(HOST|PORT)|INFLUXDB_URL|HOSTNAME)$/.test(
    name,
  );
}
