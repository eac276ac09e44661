import { TgError } from '../../errors.ts';
import { didYouMean } from '../../nearest.ts';
import type { HomeConfig } from '../home-config.ts';
import type { Manifest, TestCase } from '../manifest/manifest.ts';
import type { Dependency, GroupSpec, RunSpec, SidecarMode } from '../run-spec.ts';
import { type Choice, chooseBuilder, chooseRunner, flagsFor, sectionsOf } from './choices.ts';
import { checkCarried, type Params, resolveParams } from './params.ts';
import { type ConfigSource, type RunConfig, resolveRunConfig } from './run-config.ts';

/** A run as somebody asked for it; what is undefined is taken from manifest and home. */
export interface RunRequest {
  readonly testCase: string | undefined;
  readonly runner: string | undefined;
  /** Run configuration, weakest first. */
  readonly runConfig: readonly ConfigSource[];
  readonly groups: readonly GroupRequest[];
  readonly disableMetrics: boolean;
  readonly coverage: boolean;
  readonly linkSdk: string | undefined;
  readonly metadata: RunSpec['metadata'];
}

export interface GroupRequest {
  readonly id: string;
  /** Where things were asked for, for messages: flags, or key paths of a composition. */
  readonly where: { readonly instances: string; readonly buildConfig: string };
  readonly builder: string | undefined;
  readonly buildConfig: Readonly<Record<string, unknown>>;
  readonly selectors: readonly string[];
  readonly dependencies: readonly Dependency[];
  /** The artifact of an earlier build. */
  readonly artifact: string | undefined;
  readonly instances: number | undefined;
  readonly params: Params;
  readonly profiles: Params;
}

/** What surrounds a request: where the plan is, and what its home and environment say. */
export interface ResolveContext {
  readonly runId: string;
  readonly planDir: string;
  readonly manifest: Manifest;
  readonly homeConfig: HomeConfig;
  /** Whether the plan has a Cargo.toml. */
  readonly isCargo: boolean;
  /** The value of TG_REDIS_URL. */
  readonly redisFromEnv: string | undefined;
}

/**
 * The run that a request means, with all defaults of manifest and home resolved.
 * @throws TgError (usage) for anything that does not fit; nothing was started then.
 */
export function resolveRun(request: RunRequest, context: ResolveContext): RunSpec {
  const { manifest, planDir, homeConfig } = context;
  const testCase = chooseTestCase(request.testCase, manifest);
  const runner = chooseRunner(request.runner, manifest);
  const notes = [...runner.notes];
  const { sections, notes: left } = sectionsOf(runner, 'runners', manifest, homeConfig);
  notes.push(...left);
  const flags = request.runConfig.map(({ where, values }) => {
    const cleaned = flagsFor(runner, values, where);
    notes.push(...cleaned.notes);
    return { where, values: cleaned.values };
  });
  const config = resolveRunConfig([...sections, ...flags], context.redisFromEnv);
  const groups = request.groups.map((group) => {
    const resolved = resolveGroup(group, { request, context, testCase, runner, config });
    notes.push(...resolved.notes);
    return resolved.group;
  });
  const totalInstances = groups.reduce((sum, { instances }) => sum + instances, 0);
  checkTotal(totalInstances, testCase, request.groups);
  return {
    runId: context.runId,
    plan: { name: manifest.name, dir: planDir, sdk: manifest.sdk },
    testCase: testCase.name,
    runner: runner.id,
    groups,
    totalInstances,
    config,
    disableMetrics: request.disableMetrics,
    metadata: request.metadata,
    notes: [...new Set(notes)],
  };
}

function chooseTestCase(asked: string | undefined, manifest: Manifest): TestCase {
  const names = manifest.testcases.map(({ name }) => name);
  if (names.length === 0) {
    throw new TgError('usage', `plan "${manifest.name}" has no test case`, {
      hint: 'Its manifest.toml needs a [[testcases]] with a name.',
    });
  }
  const only = names.length === 1 ? names[0] : undefined;
  const name = asked ?? manifest.defaults.testcase ?? only;
  if (name === undefined) {
    throw new TgError('usage', `which test case of plan "${manifest.name}"?`, {
      hint: `Name one with --testcase, or as testcase under [defaults] in the manifest. Known: ${names.join(', ')}.`,
    });
  }
  const found = manifest.testcases.find((testCase) => testCase.name === name);
  if (found !== undefined) return found;
  throw new TgError('usage', `plan "${manifest.name}" has no test case "${name}"`, {
    hint: didYouMean(name, names, 'test case'),
  });
}

interface GroupContext {
  readonly request: RunRequest;
  readonly context: ResolveContext;
  readonly testCase: TestCase;
  readonly runner: Choice;
  readonly config: RunConfig;
}

function resolveGroup(
  group: GroupRequest,
  { request, context, testCase, runner, config }: GroupContext,
): { readonly group: GroupSpec; readonly notes: readonly string[] } {
  const { manifest, homeConfig, isCargo } = context;
  const builder = chooseBuilder(group.builder, manifest, isCargo);
  const { sections, notes } = sectionsOf(builder, 'builders', manifest, homeConfig);
  const flags = flagsFor(builder, group.buildConfig, group.where.buildConfig);
  const { linkSdk, coverage } = request;
  for (const [name, value] of Object.entries(group.profiles)) checkCarried(name, value, 'profile');
  const profiled = Object.keys(group.profiles).length > 0 && builder.id !== 'exec:go';
  const unused = profiled
    ? [`profiles are what the Go SDK captures: with ${builder.id} they do nothing`]
    : [];
  return {
    notes: [...builder.notes, ...notes, ...flags.notes, ...unused],
    group: {
      id: group.id,
      role: '',
      instances: checkInstances(group.instances, testCase, group.where.instances),
      build: {
        builder: builder.id,
        config: Object.assign({}, ...[...sections, flags].map(({ values }) => scalarsOf(values))),
        selectors: group.selectors,
        dependencies: group.dependencies,
        linkSdk,
        coverage,
      },
      artifact: group.artifact,
      sidecar: config.sidecar ?? defaultSidecar(builder, runner),
      params: resolveParams(testCase, group.params),
      profiles: group.profiles,
    },
  };
}

/** Who came for Docker expects a network to ask for; the Rust crate does not start without. */
function defaultSidecar(builder: Choice, runner: Choice): SidecarMode {
  return runner.standsFor === 'local:docker' || builder.id === 'exec:rust' ? 'noop' : 'none';
}

function checkInstances(asked: number | undefined, testCase: TestCase, where: string): number {
  const count = asked ?? testCase.instances.default;
  if (count === undefined) {
    throw new TgError('usage', 'how many instances?', {
      hint: `Say it with --instances; ${rangeOf(testCase)}.`,
    });
  }
  if (count > 0) return count;
  throw outOfRange(count, testCase, asked === undefined ? undefined : where);
}

/** The manifest's range is that of all instances of a run. */
function checkTotal(total: number, testCase: TestCase, groups: readonly GroupRequest[]): void {
  const { min, max } = testCase.instances;
  if (total >= min && total <= max) return;
  const [group] = groups;
  const where =
    groups.length === 1
      ? group?.instances === undefined
        ? undefined
        : group.where.instances
      : 'the groups together';
  throw outOfRange(total, testCase, where);
}

function outOfRange(count: number, testCase: TestCase, where: string | undefined): TgError {
  return new TgError('usage', `${count} instances are out of range`, {
    where: where ?? `manifest.toml, the default of test case "${testCase.name}"`,
    hint: `The ${rangeOf(testCase)}.`,
  });
}

function rangeOf({ name, instances: { min, max } }: TestCase): string {
  return `test case "${name}" runs with ${min} to ${max === Number.MAX_SAFE_INTEGER ? 'any number of' : max} instances`;
}

/** The plain values of a builder's section, as `--build-cfg` would have given them. */
function scalarsOf(section: Readonly<Record<string, unknown>>): Record<string, string> {
  const scalars: Record<string, string> = {};
  for (const [key, value] of Object.entries(section)) {
    if (typeof value !== 'object' || value === null) scalars[key] = String(value);
  }
  return scalars;
}
