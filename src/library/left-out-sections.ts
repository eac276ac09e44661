import { configKeysOf } from '../builders/builders.ts';
import { buildArgsOf, genericStandIn } from '../plan/docker/generic.ts';
import type { HomeConfig } from '../plan/home-config.ts';
import type { Manifest } from '../plan/manifest/manifest.ts';
import { builders, type Choice, chooseBuilder, chooseRunner, sectionsOf } from '../plan/resolve/choices.ts';
import { type LeftOut, leftOutOf } from '../plan/resolve/left-out.ts';
import { runConfigKeysOf } from '../plan/resolve/run-config.ts';
import { type MachineRunners, runnerInfo } from '../plan/resolve/runner-info.ts';

/** Notes which keys of a manifest's enabled sections do not apply here. */
export async function leftOutOfSections(
  planDir: string,
  manifest: Manifest,
  runners: MachineRunners,
): Promise<Omit<LeftOut, 'refused'>> {
  const generic = genericStandIn(planDir, buildArgsOf(manifest));
  const choosing = { where: 'manifest.toml', missing: 'tell' } as const;
  const ofBuilders = await Promise.all(
    enabledIn(manifest.builders).map(async (name) => {
      const choice = chooseBuilder(name, manifest, generic, choosing);
      if (!builders.includes(choice.id)) return [];
      return [leftOutOfSection('builder', name, choice, manifest, await configKeysOf(choice.id))];
    }),
  );
  const ofRunners = enabledIn(manifest.runners).flatMap((name) => {
    const choice = chooseRunner(name, manifest, runners, choosing);
    const info = runnerInfo(runners, choice.id);
    if (info === undefined) return [];
    return [leftOutOfSection('runner', name, choice, manifest, runConfigKeysOf(info))];
  });
  const all = [...ofBuilders.flat(), ...ofRunners];
  return { notes: all.flatMap(({ notes }) => notes), doubts: all.flatMap(({ doubts }) => doubts) };
}

const emptyHome: Pick<HomeConfig, 'builders' | 'runners'> = { builders: {}, runners: {} };

function leftOutOfSection(
  kind: 'builder' | 'runner',
  name: string,
  choice: Choice,
  manifest: Manifest,
  known: readonly string[],
): LeftOut {
  const { id, names, standsFor } = choice;
  const layers = sectionsOf({ ...choice, names: [name] }, `${kind}s`, manifest, emptyHome);
  const origins = layers.flatMap(({ where, values }) =>
    Object.keys(values).map((key) => [key, where] as const),
  );
  return leftOutOf(origins, { kind, id, names, known, standsFor }, 'tell');
}

function enabledIn(sections: Manifest['builders']): string[] {
  return Object.keys(sections).filter((name) => sections[name]?.enabled);
}
