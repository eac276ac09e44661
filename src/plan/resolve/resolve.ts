import { allOf, noting, refuse, TgError } from '../../util/errors.ts';
import { didYouMean } from '../../util/suggest.ts';
import type { FaultSpec } from '../fault/fault.ts';
import { checkFaults } from '../fault/read-fault.ts';
import { schedulerTimeout } from '../home-config.ts';
import type { Manifest, TestCase } from '../manifest/manifest.ts';
import type {
  Expectation,
  GroupSpec,
  Params,
  Resources,
  RunConfig,
  RunSpec,
  SidecarMode,
} from '../run-spec.ts';
import { checkThresholds, type Threshold } from '../threshold.ts';
import { type BuildContext, type BuildOptions, type BuildRequest, placeOf, resolveBuild } from './builds.ts';
import { type Choice, chooseBuilder, chooseRunner, sectionsOf } from './choices.ts';
import { type Found, firstDefined, type Layer, originsOf, valuesOf } from './layered-config.ts';
import { inOneLine } from './left-out.ts';
import { checkPackable, isWithoutValue, resolveParams } from './params.ts';
import { resolveRunConfig } from './run-config.ts';
import { type MachineRunners, type RunnerCatalog, runnerInfo } from './runner-info.ts';

/** A run as requested; undefined values are taken from manifest and home. */
export interface RunRequest extends BuildOptions {
  /** Its name in a composition. */
  readonly name: string;
  /** That name without the suffix of a matrix, and the values of the matrix. */
  readonly of: string;
  readonly combination: Params;
  readonly labels: readonly string[];
  readonly testCase: Asked | undefined;
  readonly runner: Asked | undefined;
  /** Run configuration, weakest first. */
  readonly runConfig: readonly Layer[];
  readonly groups: readonly GroupRequest[];
  /** How undeclared parameters are handled; those of a matrix are always refused. */
  readonly undeclared: 'refuse' | 'tell';
  /** How an unavailable builder or runner is handled; default: refused. */
  readonly missing?: 'refuse' | 'tell';
  /** How unknown configuration in flags is handled; default: refused. */
  readonly unknownFlags?: 'refuse' | 'tell';
  /** The names of the parameters from a matrix. */
  readonly axes: readonly string[];
  readonly disableMetrics: boolean;
  readonly thresholds: readonly Threshold[];
  readonly faults: readonly FaultSpec[];
  readonly metadata: RunSpec['metadata'];
}

export interface GroupRequest extends BuildRequest {
  readonly instances: Found<number> | undefined;
  readonly params: readonly Layer<string>[];
  readonly profiles: readonly Layer<string>[];
  readonly expect: Expectation;
  readonly resources?: Resources | undefined;
}

/** A requested name and its origin; flags need no origin. */
export interface Asked {
  readonly value: string;
  readonly where: string | undefined;
}

/** The context of a request to run. */
export interface ResolveContext extends BuildContext {
  readonly runId: string;
  readonly seed: string;
  /** The value of TG_REDIS_URL. */
  readonly redisFromEnv: string | undefined;
  readonly runners: MachineRunners;
}

/**
 * Resolves a request to a run, with all defaults of manifest and home.
 * @throws TgError (usage) with all problems, before anything is started.
 */
export function resolveRun(request: RunRequest, context: ResolveContext): RunSpec {
  const { manifest, planDir } = context;
  checkRequest(request, context);
  const testCase = chooseTestCase(request.testCase, manifest);
  const { runner, refused, config, origins, notes } = resolveRunner(request, context);
  const groups = request.groups.map((group) => {
    const builder = builderOf(group, request, context);
    return resolveGroup(group, { request, context, testCase, runner, config, builder });
  });
  const totalInstances = groups.reduce((sum, { group }) => sum + group.instances, 0);
  checkTotal(totalInstances, testCase, request.groups);
  checkEnds(request.groups, config);
  checkFaults(
    request.faults,
    groups.map(({ group }) => group),
    runnerInfo(context.runners, runner.id),
  );
  const spec: RunSpec = {
    runId: context.runId,
    seed: context.seed,
    name: request.name,
    of: request.of,
    point: request.combination,
    labels: request.labels,
    series: undefined,
    plan: { name: manifest.name, dir: planDir, sdk: manifest.sdk },
    testCase: testCase.name,
    runner: runner.id,
    askedRunner: runner.standsFor,
    groups: groups.map(({ group }) => group),
    totalInstances,
    config,
    configOrigins: origins,
    refused,
    disableMetrics: request.disableMetrics,
    metricUnits: unitsIn(manifest),
    thresholds: request.thresholds,
    faults: request.faults,
    attachments: Object.entries(manifest.attachments).map(([pattern, { type }]) => ({ pattern, type })),
    metadata: request.metadata,
    notes: [...new Set([...notes, ...groups.flatMap((group) => group.notes)])],
  };
  runnerInfo(context.runners, runner.id)?.checkRun?.(spec);
  return spec;
}

function unitsIn({ metrics }: Manifest): RunSpec['metricUnits'] {
  const units = Object.entries(metrics).flatMap(([name, { unit }]) =>
    unit === undefined ? [] : [[name, unit] as const],
  );
  return Object.fromEntries(units);
}

/** @throws TgError (usage) with all problems of the request. */
function checkRequest(request: RunRequest, context: ResolveContext): void {
  const { manifest, strict } = context;
  const testCase = namedTestCase(request.testCase, manifest);
  allOf([
    () => refuse(strict?.doubts ?? []),
    () => chooseTestCase(request.testCase, manifest),
    () => resolveRunner(request, context),
    ...request.groups.flatMap((group) => [
      () => resolveBuild(group, builderOf(group, request, context), request, context),
      () => testCase && resolveValues(group, testCase, request, context),
    ]),
    () => testCase && checkCounts(request, testCase),
    () =>
      checkThresholds(
        request.thresholds,
        request.groups.map(({ id }) => id),
      ),
  ]);
}

function builderOf(
  { builder }: GroupRequest,
  { missing }: RunRequest,
  { manifest, generic }: ResolveContext,
): Choice {
  return chooseBuilder(builder?.value, manifest, generic, { where: placeOf(builder), missing });
}

function checkCounts({ groups }: RunRequest, testCase: TestCase): void {
  const counts = groups.map(({ instances }) => instances?.value ?? testCase.instances.default);
  if (counts.includes(undefined)) return;
  checkTotal(
    counts.reduce<number>((sum, count) => sum + (count ?? 0), 0),
    testCase,
    groups,
  );
}

/** The test case that a request asks for, or the default one; undefined if there is none of that name. */
export function namedTestCase(asked: Asked | undefined, manifest: Manifest): TestCase | undefined {
  const wanted = nameOfTestCase(asked, manifest);
  return manifest.testcases.find(({ name }) => name === wanted);
}

function nameOfTestCase(asked: Asked | undefined, manifest: Manifest): string | undefined {
  const only = manifest.testcases.length === 1 ? manifest.testcases[0]?.name : undefined;
  return asked?.value ?? manifest.defaults.testcase ?? only;
}

function chooseTestCase(asked: Asked | undefined, manifest: Manifest): TestCase {
  const names = manifest.testcases.map(({ name }) => name);
  if (names.length === 0) {
    throw new TgError('usage', `plan "${manifest.name}" has no test case`, {
      hint: 'Its manifest.toml needs a [[testcases]] with a name.',
    });
  }
  const name = nameOfTestCase(asked, manifest);
  if (name === undefined) {
    throw new TgError('usage', `no test case is named for plan "${manifest.name}"`, {
      hint: `Name one with --testcase, or as testcase under [defaults] in the manifest. Known: ${names.join(', ')}.`,
    });
  }
  const found = manifest.testcases.find((testCase) => testCase.name === name);
  if (found !== undefined) return found;
  throw new TgError('usage', `plan "${manifest.name}" has no test case "${name}"`, {
    where: asked?.where,
    hint: didYouMean(name, names, 'test case'),
  });
}

function resolveRunner(
  request: RunRequest,
  { manifest, homeConfig, redisFromEnv, strict, runners }: ResolveContext,
) {
  const { missing, unknownFlags } = request;
  const runner = chooseRunner(request.runner?.value, manifest, runners, {
    where: placeOfName(request.runner),
    missing,
  });
  const layers = [
    ...schedulerTimeout(homeConfig),
    ...sectionsOf(runner, 'runners', manifest, homeConfig),
    ...request.runConfig,
  ];
  // Which runner it is explains why it refuses configuration: it may be no other than the second choice.
  const { config, found, notes, doubts } = noting(runner.notes, () =>
    resolveRunConfig(layers, redisFromEnv, {
      runner: runnerInfo(runners, runner.id),
      id: runner.id,
      standsFor: runner.standsFor,
      unknownFlags,
      strict: strict !== undefined,
    }),
  );
  const name = runner.standsFor ?? runner.id;
  return {
    runner,
    refused:
      homeConfig.runners[name]?.['disabled'] === true
        ? `the runner ${name} is disabled in .env.toml`
        : undefined,
    config,
    origins: originsOf(found),
    notes: [...runner.notes, ...notes, ...doubts.map((doubt) => inOneLine(doubt, 'not applied'))],
  };
}

function placeOfName(asked: Asked | undefined): string | undefined {
  return asked?.where?.startsWith('--') ? undefined : asked?.where;
}

interface GroupContext {
  readonly request: RunRequest;
  readonly context: ResolveContext;
  readonly testCase: TestCase;
  readonly runner: Choice;
  readonly config: RunConfig;
  readonly builder: Choice;
}

function resolveGroup(
  group: GroupRequest,
  { request, context, testCase, runner, config, builder }: GroupContext,
): { readonly group: GroupSpec; readonly notes: readonly string[] } {
  const { build, origins, notes } = resolveBuild(group, builder, request, context);
  const { instances, params, undeclared, profiles, doubts } = resolveValues(
    group,
    testCase,
    request,
    context,
  );
  const valueNotes = [
    ...doubts.map((doubt) => inOneLine(doubt, 'passed as text')),
    ...(profiles.size > 0 && builder.id !== 'exec:go'
      ? [`profiles have no effect with ${builder.id}: only the Go SDK captures them`]
      : []),
    ...(instances.value === 0 ? [`group ${group.id} has no instances`] : []),
  ];
  return {
    notes: [
      ...notes,
      ...valueNotes,
      ...[...undeclared.values()].map((problem) => inOneLine(problem, 'passed anyway')),
    ],
    group: {
      id: group.id,
      of: group.of,
      askedBuilder: builder.standsFor,
      role: '',
      instances: instances.value,
      build,
      artifact: group.artifact,
      sidecar: config.sidecar ?? defaultSidecar(builder, runner, context.runners),
      resources: group.resources,
      params: valuesOf(params),
      secrets: secretsAmong(params, testCase),
      profiles: valuesOf(profiles),
      expect: group.expect,
      origins: {
        ...origins,
        instances: instances.where,
        params: originsOf(params),
        profiles: originsOf(profiles),
      },
    },
  };
}

/** Resolves the parameters of a group, and its number of instances. */
function resolveValues(
  group: GroupRequest,
  testCase: TestCase,
  { undeclared: policy, axes }: RunRequest,
  { manifest, manifestPlace, strict }: ResolveContext,
) {
  const at = manifest.testcases.indexOf(testCase);
  const placeOfDefault =
    manifestPlace && ((name: string) => manifestPlace(['testcases', at, 'params', name, 'default']));
  const profiles = firstDefined(group.profiles);
  const { params, undeclared, ...wrong } = resolveParams(testCase, group.params, placeOfDefault);
  const unwanted = [...undeclared].filter(([name]) => policy === 'refuse' || axes.includes(name));
  const doubts = strict ? [] : wrong.doubts;
  const [instances] = allOf([
    () => instancesOf(group.instances, testCase),
    () => refuse([...wrong.refused, ...(strict ? wrong.doubts : [])]),
    () => refuse(unwanted.map(([, problem]) => problem)),
    () =>
      allOf(
        [...profiles].map(
          ([name, { value, where }]) =>
            () =>
              checkPackable(name, value, 'profile', where),
        ),
      ),
  ]);
  const shown = secretsAmong(params, testCase).filter((name) => axes.includes(name));
  if (shown.length > 0) {
    throw new TgError('usage', `the parameter "${shown[0]}" is secret and cannot be part of a matrix`, {
      hint: 'The names of the runs of a matrix contain its values.',
    });
  }
  return { instances, params, undeclared, profiles, doubts };
}

/** The secret parameters that have a value. */
function secretsAmong(params: ReadonlyMap<string, Found<string>>, testCase: TestCase): string[] {
  const hasValue = (name: string) => {
    const found = params.get(name);
    return found !== undefined && found.value !== '' && !isWithoutValue(found, testCase.params[name]);
  };
  const secret = Object.entries(testCase.params).filter(([, parameter]) => parameter.secret);
  return secret.map(([name]) => name).filter(hasValue);
}

/** The default sidecar. Plans for Docker expect a network to ask for, and the Rust SDK does not start without one. */
function defaultSidecar(builder: Choice, runner: Choice, runners: RunnerCatalog): SidecarMode {
  if (runnerInfo(runners, runner.id)?.shapesNetworks === true) return 'apply';
  return runner.standsFor === 'local:docker' || builder.id === 'exec:rust' ? 'noop' : 'none';
}

function instancesOf(asked: Found<number> | undefined, testCase: TestCase): Found<number> {
  const { default: usual } = testCase.instances;
  const count = asked ?? (usual === undefined ? undefined : { value: usual, where: 'manifest.toml' });
  if (count === undefined) {
    throw new TgError('usage', 'the number of instances is missing', {
      hint: `Give it with --instances; ${rangeOf(testCase)}.`,
    });
  }
  return count;
}

/** Checks the manifest's range, which applies to the instances of all groups together. */
function checkTotal(total: number, testCase: TestCase, groups: readonly GroupRequest[]): void {
  const { min, max } = testCase.instances;
  if (total > 0 && total >= min && total <= max) return;
  throw outOfRange(
    total,
    testCase,
    groups.length === 1 ? groups[0]?.instances?.where : 'the groups together',
  );
}

/**
 * Refuses a run without a timeout in which every group is expected to keep running: such instances are ended only
 * when all others have ended, or at the timeout.
 */
function checkEnds(groups: readonly GroupRequest[], { timeoutMs }: RunConfig): void {
  if (timeoutMs !== undefined || groups.some(({ expect }) => expect !== 'running')) return;
  throw new TgError('usage', 'this run would never end: every instance is expected to keep running', {
    hint: 'Give it a timeout, for instance --timeout 10m.',
  });
}

function outOfRange(count: number, testCase: TestCase, where: string | undefined): TgError {
  return new TgError('usage', `${count} instances are out of range`, {
    where: where ?? `manifest.toml, the default of test case "${testCase.name}"`,
    hint: `The ${rangeOf(testCase)}.`,
  });
}

function rangeOf({ name, instances: { min, max } }: TestCase): string {
  return `test case "${name}" runs with ${min} ${max === Number.MAX_SAFE_INTEGER ? 'or more' : `to ${max}`} instances`;
}
