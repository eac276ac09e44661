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

/** The subnet that a plan sees: with a sidecar the Go SDK looks for an interface in it, and finds the loopback one. */
const subnets = { without: '127.1.0.0/16', with: '127.0.0.0/8' };

/** An instance, as far as its environment tells of it. */
export interface InstanceSurroundings {
  readonly spec: RunSpec;
  readonly group: GroupSpec;
  readonly place: Place;
  /** The folder of the plan as built. */
  readonly plan: string;
  readonly door: Endpoint;
  readonly store: SyncStore;
  readonly instance: InstanceId;
  /** The ports that it may listen on, by the variables in which it finds them. */
  readonly exposed: Readonly<Record<string, string>>;
}

/** The name by which an instance asks for a network; one of its own on any machine. */
export function hostnameOf(runId: string, { group, index }: InstanceId): string {
  return `${runId}-${group}-${index}`;
}

function coverageTo(folder: string): Record<string, string> {
  return { GOCOVERDIR: folder, NODE_V8_COVERAGE: folder };
}

/**
 * The PYTHONPATH with which a plan in Python finds our SDK: after what `--env` gave, and always after the folder of the plan's own
 * program. Python searches it before installed packages; what lies there looks for an installed SDK first.
 */
function pythonPath(given: string | undefined): string {
  return given ? `${given}:${pythonSdkFolder}` : pythonSdkFolder;
}

/** The whole environment of an instance: the run's, then what was asked for with `--env`, then the caller's few. */
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
    // The door speaks their protocol too, where there is no Redis that old SDKs can use.
    REDIS_HOST: store.redis?.host ?? door.host,
    REDIS_PORT: String(store.redis?.port ?? door.port),
    INFLUXDB_URL: `http://${door.host}:${door.port}`,
    HOSTNAME: hostnameOf(spec.runId, instance),
    TG_PLAN_PATH: plan,
  });
}

/**
 * @param where who named it, for messages.
 * @throws TgError (usage) for what is no name of a variable, and for one that is the run's to set.
 */
export function checkVariable(name: string, where: string): void {
  if (!/^[A-Za-z_]\w*$/.test(name)) {
    throw new TgError('usage', `${JSON.stringify(name)} is not the name of a variable`, {
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
