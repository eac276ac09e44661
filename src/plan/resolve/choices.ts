import { TgError } from '../../util/errors.ts';
import { didYouMean } from '../../util/suggest.ts';
import { type GenericStandIn, genericBuilders } from '../docker/generic.ts';
import type { HomeConfig } from '../home-config.ts';
import type { Manifest } from '../manifest/manifest.ts';
import type { Layer } from './layered-config.ts';
import {
  type MachineRunners,
  type RunnerCatalog,
  runnerInfo,
  runnerNamed,
  standInFor,
} from './runner-info.ts';
import { builderKeys } from './testground-keys.ts';

/** All available builders. */
export const builders: readonly string[] = ['exec:go', 'exec:node', 'exec:rust', 'exec:generic'];

/** The replacements for names of Docker builders; for docker:generic the plan decides. */
const standIns: Readonly<Record<string, string>> = {
  'docker:go': 'exec:go',
  'docker:node': 'exec:node',
  'docker:generic': 'exec:generic',
};

type Sections = Manifest['builders'];

/** A chosen builder or runner. */
export interface Choice {
  readonly id: string;
  /** The Docker name that it replaces, if any. */
  readonly standsFor: string | undefined;
  /** All names of it; the sections of manifest and home with these names are its configuration. */
  readonly names: readonly string[];
  /** Notes to report about the choice. */
  readonly notes: readonly string[];
  /** Configuration derived from a Dockerfile; weaker than any section. */
  readonly fromDockerfile?: readonly Layer[] | undefined;
}

/** The context of a choice. */
export interface Choosing {
  /** Where it was requested; undefined for a flag. */
  readonly where?: string | undefined;
  /** How an unavailable one is handled: refused for a run, noted for a description. */
  readonly missing?: 'refuse' | 'tell' | undefined;
}

/**
 * Chooses the builder of a group.
 * @param asked undefined for the manifest's default, or the only enabled one.
 * @param generic the replacement of docker:generic.
 * @throws TgError (usage) for a builder that is unknown or not enabled by the plan.
 */
export function chooseBuilder(
  asked: string | undefined,
  manifest: Manifest,
  generic: GenericStandIn,
  { where, missing }: Choosing = {},
): Choice {
  const hasRunLine = ['exec:generic', 'docker:generic'].some((name) => manifest.builders[name]?.['run']);
  const isGeneric = hasRunLine && generic.builder !== 'exec:rust';
  const meaningOf = (name: string) =>
    name === 'docker:generic' && !isGeneric ? generic.builder : (standIns[name] ?? name);
  const name = asked ?? manifest.defaults.builder ?? onlyOne(manifest.builders, builders, meaningOf);
  if (name === undefined) {
    throw new TgError('usage', 'no builder is named', {
      hint: `Name one with --builder, or under [defaults] in the manifest. Known: ${builders.join(', ')}.`,
    });
  }
  const id = meaningOf(name);
  const names = namesMeaning(id, meaningOf);
  if (!builders.includes(id)) {
    const isTypo = isFlag(asked, where) && builderKeys[name] === undefined;
    if (missing !== 'tell' || isTypo) throw unknown('builder', name, builders, where);
    return notHere('builder', id, { sections: manifest.builders, here: builders, meaningOf });
  }
  const notes = enablingNotes(
    'builder',
    { name, names, asked, where },
    manifest.builders,
    builders,
    meaningOf,
  );
  if (name === id) return { id, standsFor: undefined, names, notes };
  const note = `Docker is not supported: ${id} replaces ${name}`;
  if (name !== 'docker:generic' || isGeneric) return { id, standsFor: name, names, notes: [note, ...notes] };
  const fromDockerfile = [{ where: 'Dockerfile', values: generic.config }];
  return { id, standsFor: name, names, notes: [note + generic.taken, ...notes], fromDockerfile };
}

/** Chooses the runner of a run; throws as `chooseBuilder` does. */
export function chooseRunner(
  asked: string | undefined,
  manifest: Manifest,
  runners: MachineRunners,
  { where, missing }: Choosing = {},
): Choice {
  const { here, meaningOf } = namesIn(runners);
  const name = nameOfRunner(asked, manifest, runners);
  const id = meaningOf(name);
  const info = runnerInfo(runners, id);
  const names = [id, ...Object.keys(info?.replaces ?? {})];
  if (!here.includes(id)) {
    const isPlanned = runners.planned.includes(id);
    if (missing === 'tell' && (isPlanned || !isFlag(asked, where)))
      return notHere('runner', id, { sections: manifest.runners, here, meaningOf });
    if (!isPlanned) throw unknown('runner', name, here, where);
    throw new TgError('usage', `the runner ${id} is not implemented yet`, {
      where,
      hint: `Run it here instead: --runner ${here.join(', ')}.`,
    });
  }
  const chosen = { name, names: [...names, ...(info?.enabledBy ?? [])], asked, where };
  const notes = enablingNotes('runner', chosen, manifest.runners, here, meaningOf);
  if (name === id) return { id, standsFor: undefined, names, notes };
  const note = standInFor(runners, name)?.note ?? '';
  return { id, standsFor: name, names, notes: [note, ...notes] };
}

/** The name of the requested runner, available or not. */
export function nameOfRunner(
  asked: string | undefined,
  { defaults, runners: sections }: Manifest,
  runners: MachineRunners,
): string {
  const { here, meaningOf } = namesIn(runners);
  return asked ?? defaults.runner ?? onlyOne(sections, here, meaningOf) ?? here[0] ?? '';
}

/** All names of runners that a manifest mentions. */
export function namesOfRunners({ defaults, runners }: Manifest): readonly string[] {
  return [...(defaults.runner === undefined ? [] : [defaults.runner]), ...Object.keys(runners)];
}

/** The IDs of available runners, and what a name means here. */
function namesIn(runners: MachineRunners) {
  return {
    here: runners.ready.map(({ id }) => id),
    meaningOf: (name: string) => runnerNamed(runners, name)?.id ?? name,
  };
}

function isFlag(asked: string | undefined, where: string | undefined): boolean {
  return asked !== undefined && where === undefined;
}

/** An unavailable one, for descriptions only. */
function notHere(
  what: 'runner' | 'builder',
  id: string,
  {
    sections,
    here,
    meaningOf,
  }: {
    readonly sections: Sections;
    readonly here: readonly string[];
    readonly meaningOf: (name: string) => string;
  },
): Choice {
  const instead = enabledIn(sections).find((name) => here.includes(meaningOf(name))) ?? here[0];
  const note = `the ${what} ${id} is not available: to run this, replace it, for instance with --${what} ${instead}`;
  return { id, standsFor: undefined, names: [id], notes: [note] };
}

/**
 * Returns what the name of a builder may mean here.
 * @throws TgError (usage) for an unknown name.
 */
export function meaningsOfBuilder(name: string): readonly string[] {
  const standIn = standIns[name];
  if (standIn !== undefined) return name === 'docker:generic' ? genericBuilders : [standIn];
  if (builders.includes(name)) return [name];
  throw unknown('builder', name, [...builders, ...Object.keys(standIns)]);
}

/**
 * Returns the runners that a name may mean, on any machine.
 * @throws TgError (usage) for an unknown name.
 */
export function meaningsOfRunner(name: string, { ready, planned }: RunnerCatalog): readonly string[] {
  const meanings = ready.filter(({ id, replaces }) => id === name || Object.hasOwn(replaces, name));
  if (meanings.length > 0) return meanings.map(({ id }) => id);
  if (planned.includes(name)) return [name];
  const known = [...ready.map(({ id }) => id), ...planned];
  const replaced = new Set(ready.flatMap(({ replaces }) => Object.keys(replaces)));
  throw unknown('runner', name, [...known, ...replaced]);
}

/**
 * The only enabled choice. Several names with one meaning count as one: a plan that enables docker:go and exec:go
 * has one builder.
 */
function onlyOne(
  sections: Sections,
  available: readonly string[],
  meaningOf: (name: string) => string,
): string | undefined {
  const enabled = enabledIn(sections);
  const all = [...new Set(enabled.map(meaningOf))];
  const here = all.filter((id) => available.includes(id));
  const meanings = here.length === 0 ? all : here;
  if (meanings.length !== 1) return undefined;
  return (
    enabled.find((name) => name === meanings[0]) ?? enabled.find((name) => meaningOf(name) === meanings[0])
  );
}

function namesMeaning(id: string, meaningOf: (name: string) => string): string[] {
  return [id, ...Object.keys(standIns).filter((name) => meaningOf(name) === id)];
}

function enabledIn(sections: Sections): string[] {
  return Object.keys(sections).filter((key) => sections[key]?.enabled);
}

interface Chosen {
  readonly name: string;
  readonly names: readonly string[];
  readonly asked: string | undefined;
  readonly where: string | undefined;
}

/**
 * Notes on a choice that a plan does not enable. A plan without sections accepts any; a plan with sections accepts
 * only these, unless none of them is available and a flag names one that is.
 * @throws TgError (usage) for a choice that is not enabled.
 */
function enablingNotes(
  what: 'builder' | 'runner',
  { name, names, asked, where }: Chosen,
  sections: Sections,
  here: readonly string[],
  meaningOf: (name: string) => string,
): string[] {
  const enabled = enabledIn(sections);
  if (Object.keys(sections).length === 0 || names.some((known) => enabled.includes(known))) return [];
  const isFlagged = asked !== undefined && (where === undefined || where.startsWith('--'));
  const isOff = names.some((known) => Object.hasOwn(sections, known));
  const isElsewhere = enabled.length > 0 && !enabled.some((key) => here.includes(meaningOf(key)));
  if (isFlagged && isElsewhere && !isOff) {
    return [`the plan enables ${enabled.join(', ')}, which is not available: --${what} ${name} replaces it`];
  }
  throw new TgError('usage', `the plan does not enable the ${what} ${name}`, {
    where,
    hint: `It enables ${enabled.join(', ') || 'none'}. Add [${what}s."${names[0]}"] with enabled = true to its manifest.`,
  });
}

function unknown(what: string, name: string, known: readonly string[], where?: string): TgError {
  const near = didYouMean(name, known, what);
  const isWhole = known.every((each) => near.includes(each));
  return new TgError('usage', `unknown ${what} "${name}"`, {
    where,
    hint: isWhole ? near : `${near} Known: ${known.join(', ')}.`,
  });
}

/** All names of an available builder. */
export function namesOfBuilder(id: string): string[] {
  const meanings = (name: string) =>
    name === 'docker:generic' ? ['exec:generic', 'exec:rust'] : [standIns[name]];
  return [id, ...Object.keys(standIns).filter((name) => meanings(name).includes(id))];
}

/**
 * The configuration of a choice from manifest and home, weakest first.
 * @param kind the kind of sections: builders or runners.
 */
export function sectionsOf(
  { names, fromDockerfile }: Choice,
  kind: 'builders' | 'runners',
  manifest: Manifest,
  home: Pick<HomeConfig, 'builders' | 'runners'>,
): Layer[] {
  return [
    { file: '.env.toml', sections: home[kind] },
    { file: 'manifest.toml', sections: manifest[kind] },
  ].flatMap(({ file, sections }) =>
    // The requested name is stronger than its replacements.
    [...names].reverse().map((name) => ({
      where: `${file}, ${kind}."${name}"`,
      values: withoutBuildArgs(flat(sections[name] ?? {}), fromDockerfile),
    })),
  );
}

/** Drops `build_args`, which have been applied to the Dockerfile already. */
function withoutBuildArgs(
  { build_args: args, ...values }: Layer['values'],
  fromDockerfile: Choice['fromDockerfile'],
): Layer['values'] {
  return args === undefined || fromDockerfile !== undefined ? values : { build_args: args, ...values };
}

/** A section may keep its values in a table `defaults`. */
function flat({ defaults, enabled: _, disabled: __, ...values }: Layer['values']): Layer['values'] {
  return typeof defaults === 'object' ? { ...defaults, ...values } : values;
}
