import { TgError } from '../errors.ts';
import { didYouMean } from '../nearest.ts';
import type { HomeConfig } from './home-config.ts';
import type { Manifest, TestCase } from './manifest.ts';
import { type Params, resolveParams } from './params.ts';
import { type ConfigSource, resolveRunConfig } from './run-config.ts';
import type { RunSpec } from './run-spec.ts';

/** What a person asked for with `run single`; what is undefined is taken from the manifest. */
export interface SingleRequest {
  readonly testCase: string | undefined;
  readonly builder: string | undefined;
  readonly runner: string | undefined;
  readonly instances: number | undefined;
  readonly params: Params;
  readonly buildConfig: Readonly<Record<string, string>>;
  /** Run configuration from flags, weakest first. */
  readonly runConfig: readonly ConfigSource[];
  readonly disableMetrics: boolean;
  readonly metadata: RunSpec['metadata'];
}

/** What surrounds a request: where the plan is, and what its home and environment say. */
export interface SingleContext {
  readonly runId: string;
  readonly planDir: string;
  readonly manifest: Manifest;
  readonly homeConfig: HomeConfig;
  /** The value of TG_REDIS_URL. */
  readonly redisFromEnv: string | undefined;
}

/** The group into which `run single` puts all instances. */
export const singleGroup = 'single';

/** The builders that there are, and those to come. */
export const builders = {
  ready: ['exec:node'],
  coming: ['exec:go', 'exec:rust', 'exec:generic', 'docker:go', 'docker:node', 'docker:generic'],
};
/** The runners that there are, and those to come. */
export const runners = { ready: ['local:exec'], coming: ['local:docker', 'cluster:k8s', 'cluster:swarm'] };

/**
 * The run that a request means, with all defaults of manifest and home resolved.
 * @throws TgError (usage) for anything that does not fit; nothing was started then.
 */
export function resolveSingle(request: SingleRequest, context: SingleContext): RunSpec {
  const { manifest, planDir } = context;
  const testCase = chooseTestCase(request.testCase, manifest);
  const runner = choose(
    'runner',
    request.runner ?? manifest.defaults.runner ?? 'local:exec',
    runners,
    manifest.runners,
  );
  const builder = choose(
    'builder',
    request.builder ?? manifest.defaults.builder,
    builders,
    manifest.builders,
  );
  const instances = checkInstances(request.instances, testCase);
  return {
    runId: context.runId,
    plan: { name: manifest.name, dir: planDir, sdk: manifest.sdk },
    testCase: testCase.name,
    runner,
    groups: [
      {
        id: singleGroup,
        role: '',
        instances,
        builder,
        buildConfig: {
          ...scalarsOf(context.homeConfig.builders[builder]),
          ...scalarsOf(manifest.builders[builder]),
          ...request.buildConfig,
        },
        params: resolveParams(testCase, request.params),
        profiles: {},
      },
    ],
    totalInstances: instances,
    config: resolveRunConfig(
      [
        { where: `.env.toml, runners."${runner}"`, values: context.homeConfig.runners[runner] ?? {} },
        { where: `manifest.toml, runners."${runner}"`, values: manifest.runners[runner] ?? {} },
        ...request.runConfig,
      ],
      context.redisFromEnv,
    ),
    disableMetrics: request.disableMetrics,
    metadata: request.metadata,
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

function choose(
  what: 'builder' | 'runner',
  name: string | undefined,
  known: { readonly ready: readonly string[]; readonly coming: readonly string[] },
  sections: Manifest['builders'],
): string {
  if (name === undefined) {
    throw new TgError('usage', `which ${what}?`, {
      hint: `Name one with --${what}, or under [defaults] in the manifest. Known: ${known.ready.join(', ')}.`,
    });
  }
  if (known.coming.includes(name)) {
    throw new TgError('usage', `the ${what} ${name} is not built yet`, {
      hint: `Use ${known.ready.join(', ')}.`,
    });
  }
  if (!known.ready.includes(name)) {
    throw new TgError('usage', `unknown ${what} "${name}"`, { hint: didYouMean(name, known.ready, what) });
  }
  checkEnabled(what, name, sections);
  return name;
}

/** A plan that lists no section at all takes what comes; one that lists some is held to them. */
function checkEnabled(what: string, name: string, sections: Manifest['builders']): void {
  const enabled = Object.keys(sections).filter((key) => sections[key]?.enabled);
  if (Object.keys(sections).length === 0 || enabled.includes(name)) return;
  throw new TgError('usage', `the plan does not enable the ${what} ${name}`, {
    hint: `It enables ${enabled.join(', ') || 'none'}. Add [${what}s."${name}"] with enabled = true to its manifest.`,
  });
}

function checkInstances(asked: number | undefined, { name, instances }: TestCase): number {
  const { min, max } = instances;
  const count = asked ?? instances.default;
  const range = `test case "${name}" runs with ${min} to ${max === Number.MAX_SAFE_INTEGER ? 'any number of' : max} instances`;
  if (count === undefined)
    throw new TgError('usage', 'how many instances?', { hint: `Say it with --instances; ${range}.` });
  if (count >= min && count <= max && count > 0) return count;
  throw new TgError('usage', `${count} instances are out of range`, {
    where: asked === undefined ? `manifest.toml, the default of test case "${name}"` : '--instances',
    hint: `The ${range}.`,
  });
}

/** The plain values of a builder's section, as `--build-cfg` would have given them. */
function scalarsOf(section: Readonly<Record<string, unknown>> | undefined): Record<string, string> {
  const scalars: Record<string, string> = {};
  for (const [key, value] of Object.entries(section ?? {})) {
    if (key === 'enabled' || (typeof value === 'object' && value !== null)) continue;
    scalars[key] = String(value);
  }
  return scalars;
}
