import { allOf, refuse, type TgError } from '../../util/errors.ts';
import type { GenericStandIn } from '../docker/generic.ts';
import type { PlaceOf } from '../files/check.ts';
import type { HomeConfig } from '../home-config.ts';
import type { Manifest } from '../manifest/manifest.ts';
import type { BuildsSpec, Dependency, GroupSpec } from '../run-spec.ts';
import { type Choice, chooseBuilder, namesOfBuilder, sectionsOf } from './choices.ts';
import { type Found, firstDefined, type Layer, originsOf, valuesOf } from './layered-config.ts';
import { type LeftOut, leftOutOf } from './left-out.ts';
import { textOf } from './param-text.ts';

/** A request to build a group. */
export interface BuildRequest {
  readonly id: string;
  /** The group of the composition that it is built and configured as. */
  readonly of: string;
  readonly builder: Found<string> | undefined;
  /** Layers, weakest first. */
  readonly buildConfig: readonly Layer[];
  readonly selectors: readonly string[];
  readonly dependencies: readonly Dependency[];
  /** The artifact of an earlier build. */
  readonly artifact: string | undefined;
}

/** The options of all builds of a run. */
export interface BuildOptions {
  readonly coverage: boolean;
  readonly linkSdk: string | undefined;
}

/** The context of a build: the plan's folder, and the home's configuration. */
export interface BuildContext {
  readonly planDir: string;
  readonly manifest: Manifest;
  readonly homeConfig: HomeConfig;
  /** The replacement of docker:generic. */
  readonly generic: GenericStandIn;
  /** The place of a value in the manifest; without it, messages name only the file. */
  readonly manifestPlace?: PlaceOf | undefined;
  /** Collects what `--strict` refuses; without it, problems are warnings. */
  readonly strict?: Strict | undefined;
}

/** The data needed to refuse all doubtful values in one error. */
export interface Strict {
  /** The build configuration that each builder knows. */
  readonly configKeys: ReadonlyMap<string, readonly string[]>;
  /** The doubtful values of the files. */
  readonly doubts: readonly TgError[];
}

/** The place of a value from a file; undefined for a flag, which the caller has just typed. */
export function placeOf(asked: Found<string> | undefined): string | undefined {
  return asked?.where.startsWith('--') ? undefined : asked?.where;
}

/**
 * Resolves the builds of groups that are not run.
 * @throws TgError (usage) with all problems.
 */
export function resolveBuilds(
  groups: readonly BuildRequest[],
  options: BuildOptions,
  context: BuildContext,
): BuildsSpec {
  const { manifest, planDir, generic, strict } = context;
  const [resolved] = allOf([
    () =>
      allOf(
        groups.map((group) => () => {
          const builder = chooseBuilder(group.builder?.value, manifest, generic, {
            where: placeOf(group.builder),
          });
          const resolved = resolveBuild(group, builder, options, context);
          return { group, askedBuilder: builder.standsFor, ...resolved };
        }),
      ),
    () => refuse(strict?.doubts ?? []),
  ]);
  return {
    plan: { name: manifest.name, dir: planDir, sdk: manifest.sdk },
    groups: resolved.map(({ group: { id, of, artifact }, askedBuilder, build, origins }) => ({
      ...{ id, of, artifact, askedBuilder, build, origins },
    })),
    notes: [...new Set(resolved.flatMap(({ notes }) => notes))],
  };
}

/**
 * Resolves the build of a group, with the defaults of manifest and home.
 * @throws TgError (usage) for unknown configuration, if that is refused.
 */
export function resolveBuild(
  group: BuildRequest,
  builder: Choice,
  { linkSdk, coverage }: BuildOptions,
  { manifest, homeConfig, strict }: Pick<BuildContext, 'manifest' | 'homeConfig' | 'strict'>,
): Pick<GroupSpec, 'build'> & {
  readonly origins: Pick<GroupSpec['origins'], 'builder' | 'buildConfig'>;
  readonly notes: readonly string[];
} {
  const sections = sectionsOf(builder, 'builders', manifest, homeConfig);
  const config = firstDefined(
    [...(builder.fromDockerfile ?? []), ...sections, ...group.buildConfig].map(({ where, values }) => ({
      where,
      values: textsOf(values),
    })),
  );
  const { selectors, dependencies } = group;
  const buildConfig = originsOf(config);
  const known = strict?.configKeys.get(builder.id);
  if (known !== undefined) {
    const { doubts, refused } = leftOutOfBuild(buildConfig, builder, known);
    refuse([...refused, ...doubts]);
  }
  return {
    build: { builder: builder.id, config: valuesOf(config), selectors, dependencies, linkSdk, coverage },
    origins: { builder: group.builder?.where ?? 'manifest.toml', buildConfig },
    notes: builder.notes,
  };
}

/**
 * Notes which build configuration is not applied.
 * @param buildConfig the configuration with the origin of each key.
 * @param known the keys that the builder knows.
 * @param unknownFlags how unknown keys in flags are handled.
 */
export function leftOutOfBuild(
  buildConfig: Readonly<Record<string, string>>,
  { id, standsFor }: Pick<Choice, 'id' | 'standsFor'>,
  known: readonly string[],
  unknownFlags: 'refuse' | 'tell' = 'refuse',
): LeftOut {
  const of = { kind: 'builder', id, names: namesOfBuilder(id), known, standsFor } as const;
  return leftOutOf(Object.entries(buildConfig), of, unknownFlags);
}

/** The values of a builder's section in the form of `--build-cfg`. */
function textsOf(section: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(section).map(([key, value]) => [key, textOf(value) ?? '']));
}
