import { allOf } from '../../errors.ts';
import type { HomeConfig } from '../home-config.ts';
import type { Manifest } from '../manifest/manifest.ts';
import type { BuildsSpec, Dependency, GroupSpec } from '../run-spec.ts';
import { type Choice, chooseBuilder, flagsFor, sectionsOf } from './choices.ts';
import { type Found, type Layer, originsOf, trickle, valuesOf } from './trickle.ts';

/** How a group is to be built. */
export interface BuildRequest {
  readonly id: string;
  /** The group of the composition that it is built and configured as. */
  readonly of: string;
  readonly builder: Found<string> | undefined;
  /** Layers are weakest first. */
  readonly buildConfig: readonly Layer[];
  readonly selectors: readonly string[];
  readonly dependencies: readonly Dependency[];
  /** The artifact of an earlier build. */
  readonly artifact: string | undefined;
}

/** What is asked of all builds of a run. */
export interface BuildOptions {
  readonly coverage: boolean;
  readonly linkSdk: string | undefined;
}

/** What surrounds a build: where the plan is, and what its home says. */
export interface BuildContext {
  readonly planDir: string;
  readonly manifest: Manifest;
  readonly homeConfig: HomeConfig;
  /** Whether the plan has a Cargo.toml. */
  readonly isCargo: boolean;
}

/**
 * What is to be built for groups that are not run.
 * @throws TgError (usage) with everything that does not fit.
 */
export function resolveBuilds(
  groups: readonly BuildRequest[],
  options: BuildOptions,
  context: BuildContext,
): BuildsSpec {
  const { manifest, planDir, isCargo } = context;
  const resolved = allOf(
    groups.map((group) => () => {
      const builder = chooseBuilder(group.builder?.value, manifest, isCargo);
      return { group, ...resolveBuild(group, builder, options, context) };
    }),
  );
  return {
    plan: { name: manifest.name, dir: planDir, sdk: manifest.sdk },
    groups: resolved.map(({ group: { id, of, artifact }, build }) => ({ id, of, artifact, build })),
    notes: [...new Set(resolved.flatMap(({ notes }) => notes))],
  };
}

/** How a group is built, with all defaults of manifest and home. */
export function resolveBuild(
  group: BuildRequest,
  builder: Choice,
  { linkSdk, coverage }: BuildOptions,
  { manifest, homeConfig }: Pick<BuildContext, 'manifest' | 'homeConfig'>,
): Pick<GroupSpec, 'build'> & {
  readonly origins: Pick<GroupSpec['origins'], 'builder' | 'buildConfig'>;
  readonly notes: readonly string[];
} {
  const { sections, notes } = sectionsOf(builder, 'builders', manifest, homeConfig);
  const asked = group.buildConfig.map(({ where, values }) => ({
    where,
    ...flagsFor(builder, values, where),
  }));
  const config = trickle(
    [...sections, ...asked].map(({ where, values }) => ({ where, values: scalarsOf(values) })),
  );
  const { selectors, dependencies } = group;
  return {
    build: { builder: builder.id, config: valuesOf(config), selectors, dependencies, linkSdk, coverage },
    origins: { builder: group.builder?.where ?? 'manifest.toml', buildConfig: originsOf(config) },
    notes: [...builder.notes, ...notes, ...asked.flatMap((flags) => flags.notes)],
  };
}

/** The plain values of a builder's section, as `--build-cfg` would have given them. */
function scalarsOf(section: Readonly<Record<string, unknown>>): Record<string, string> {
  const scalars: Record<string, string> = {};
  for (const [key, value] of Object.entries(section)) {
    if (typeof value !== 'object' || value === null) scalars[key] = String(value);
  }
  return scalars;
}
