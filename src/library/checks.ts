import { artifactKindOf, configKeysOfAll } from '../builders/builders.ts';
import { findArtifact } from '../builders/store/artifacts.ts';
import type { Home } from '../os/home.ts';
import { leftOutOfBuild } from '../plan/resolve/builds.ts';
import { builders } from '../plan/resolve/choices.ts';
import { inOneLine } from '../plan/resolve/left-out.ts';
import { type RunnerCatalog, runnerInfo } from '../plan/resolve/runner-info.ts';
import type { BuildsSpec, RunSpec } from '../plan/run-spec.ts';
import { allOf, refuse, TgError } from '../util/errors.ts';

/** How unknown keys in flags are handled: refused or warned about. */
type UnknownFlags = 'refuse' | 'tell';

/**
 * Returns runs with only the build configuration that their builders know; unknown keys are left out with a note.
 * @throws TgError (usage) with all refused keys.
 */
export async function withKnownBuildConfig<Spec extends BuildsSpec>(
  specs: readonly Spec[],
  unknownFlags: UnknownFlags,
): Promise<Spec[]> {
  const ids = [...new Set(specs.flatMap(({ groups }) => groups.map(({ build }) => build.builder)))];
  // Builders that are not available are only described.
  const keys = await configKeysOfAll(ids.filter((id) => builders.includes(id)));
  return allOf(specs.map((spec) => () => specWithKnownConfig(spec, keys, unknownFlags)));
}

type ConfigKeys = ReadonlyMap<string, readonly string[]>;

function specWithKnownConfig<Spec extends BuildsSpec>(
  spec: Spec,
  keys: ConfigKeys,
  unknownFlags: UnknownFlags,
): Spec {
  const groups = allOf(spec.groups.map((group) => () => groupWithKnownConfig(group, keys, unknownFlags)));
  const notes = [...new Set([...spec.notes, ...groups.flatMap((group) => group.notes)])];
  return { ...spec, notes, groups: groups.map(({ group }) => group) };
}

function groupWithKnownConfig<Group extends BuildsSpec['groups'][number]>(
  group: Group,
  keys: ConfigKeys,
  unknownFlags: UnknownFlags,
): { readonly group: Group; readonly notes: readonly string[] } {
  const id = group.build.builder;
  const known = keys.get(id);
  if (known === undefined) return { group, notes: [] };
  const origins = group.origins.buildConfig;
  const builder = { id, standsFor: group.askedBuilder };
  const { notes, doubts, refused } = leftOutOfBuild(origins, builder, known, unknownFlags);
  refuse(refused);
  const applied = <Value>(values: Readonly<Record<string, Value>>) =>
    Object.fromEntries(Object.entries(values).filter(([key]) => known.includes(key)));
  return {
    group: {
      ...group,
      build: { ...group.build, config: applied(group.build.config) },
      origins: { ...group.origins, buildConfig: applied(origins) },
    },
    notes: [...notes, ...doubts.map((doubt) => inOneLine(doubt, 'not applied'))],
  };
}

/** @throws TgError with every artifact that does not fit its run. */
export async function checkArtifacts(specs: readonly RunSpec[], home: Home): Promise<void> {
  const groups = specs.flatMap((spec) => spec.groups.map((group) => ({ ...group, plan: spec.plan.name })));
  const checks = await Promise.allSettled(
    groups.map(async ({ build, artifact, plan }) => {
      if (artifact !== undefined) await findArtifact(home, artifact, build.builder, plan);
    }),
  );
  allOf(
    checks.map((check) => () => {
      if (check.status === 'rejected') throw check.reason;
    }),
  );
}

/**
 * Checks that the runner of each run can start what its builders make.
 * @throws TgError (usage) with every builder that does not fit.
 */
export function checkAccepted(specs: readonly RunSpec[], catalog: RunnerCatalog): void {
  const pairs = specs.flatMap(({ runner, groups }) =>
    groups.map(({ build }) => [runner, build.builder] as const),
  );
  const distinct = new Map(pairs.map((pair) => [pair.join(' '), pair])).values();
  refuse(
    [...distinct].flatMap(([runner, builder]) => {
      const accepted = runnerInfo(catalog, runner)?.accepts;
      const kind = artifactKindOf(builder);
      // An unavailable runner or builder is only described.
      if (accepted === undefined || kind === undefined || accepted.includes(kind)) return [];
      return new TgError('usage', `the runner ${runner} cannot run what the builder ${builder} makes`, {
        hint: `${builder} makes ${nouns[kind]}, and ${runner} runs ${accepted.map((each) => nouns[each]).join(' or ')}. Choose another --runner or --builder.`,
      });
    }),
  );
}

const nouns = { command: 'programs', image: 'images' } as const;
