import { TgError } from '../../errors.ts';
import { didYouMean } from '../../nearest.ts';
import type { HomeConfig } from '../home-config.ts';
import type { Manifest } from '../manifest/manifest.ts';
import type { Layer } from './trickle.ts';

/** The builders that there are. */
export const builders: readonly string[] = ['exec:go', 'exec:node', 'exec:rust', 'exec:generic'];
/** The runners that there are, and those to come. */
export const runners = { ready: ['local:exec'], coming: ['cluster:k8s', 'cluster:swarm'] };

/** What the names of the Docker world stand for until there is Docker; docker:generic also for exec:rust. */
const standIns: Readonly<Record<string, string>> = {
  'docker:go': 'exec:go',
  'docker:node': 'exec:node',
  'docker:generic': 'exec:generic',
  'local:docker': 'local:exec',
};

/** Configuration that means something to a container only. */
const dockerOnly: Readonly<Record<string, readonly string[]>> = {
  'docker:go': [
    ...['go_proxy_mode', 'go_proxy_url', 'runtime_image', 'build_base_image', 'skip_runtime_image'],
    ...['enable_go_build_cache', 'enable_cgo', 'dockerfile_extensions', 'docker_build_image', 'go_version'],
  ],
  'docker:node': ['base_image'],
  'docker:generic': ['build_args'],
  'local:docker': [
    ...['keep_containers', 'log_level', 'no_start', 'background', 'ulimits', 'exposed_ports'],
    ...['outcomes_collection_timeout', 'additional_hosts'],
  ],
};

type Sections = Manifest['builders'];

/** A builder or a runner that was chosen. */
export interface Choice {
  readonly id: string;
  /** The name from the Docker world for which it stands in, if it does. */
  readonly standsFor: string | undefined;
  /** Every name that means it: their sections of manifest and home are its configuration. */
  readonly names: readonly string[];
  /** What is to be told about it. */
  readonly notes: readonly string[];
}

/**
 * The builder of a group.
 * @param asked undefined for the manifest's default, or the only one that it enables.
 * @param isCargo whether the plan has a Cargo.toml.
 * @throws TgError (usage) for one that is unknown or that the plan does not enable.
 */
export function chooseBuilder(
  asked: string | undefined,
  manifest: Manifest,
  isCargo: boolean,
  where?: string,
): Choice {
  const meaningOf = (name: string) =>
    name === 'docker:generic' && isCargo ? 'exec:rust' : (standIns[name] ?? name);
  const name = asked ?? manifest.defaults.builder ?? onlyOne(manifest.builders, meaningOf);
  if (name === undefined) {
    throw new TgError('usage', 'which builder?', {
      hint: `Name one with --builder, or under [defaults] in the manifest. Known: ${builders.join(', ')}.`,
    });
  }
  const id = meaningOf(name);
  if (!builders.includes(id)) throw unknown('builder', name, builders, where);
  const names = namesMeaning(id, meaningOf);
  checkEnabled('builder', name, names, manifest.builders, where);
  return name === id
    ? { id, standsFor: undefined, names, notes: [] }
    : {
        id,
        standsFor: name,
        names,
        notes: [`there is no Docker here: ${id} builds what was meant for ${name}`],
      };
}

/** The runner of a run; errors as for a builder. */
export function chooseRunner(asked: string | undefined, manifest: Manifest, where?: string): Choice {
  const meaningOf = (name: string) => standIns[name] ?? name;
  const name = asked ?? manifest.defaults.runner ?? onlyOne(manifest.runners, meaningOf) ?? 'local:exec';
  const id = meaningOf(name);
  if (runners.coming.includes(id)) {
    throw new TgError('usage', `the runner ${id} is not built yet`, {
      where,
      hint: `Use ${runners.ready.join(', ')}.`,
    });
  }
  if (!runners.ready.includes(id)) throw unknown('runner', name, runners.ready, where);
  const names = namesMeaning(id, meaningOf);
  checkEnabled('runner', name, names, manifest.runners, where);
  if (name === id) return { id, standsFor: undefined, names, notes: [] };
  const note = `there is no Docker here: ${id} runs what was meant for ${name}, as processes that share this machine's address and ports; who asks for a network is answered, and told what was not applied (sidecar=noop)`;
  return { id, standsFor: name, names, notes: [note] };
}

/**
 * What a name of a runner or a builder may mean here.
 * @throws TgError (usage) for one that nobody knows.
 */
export function meaningsOf(what: 'runner' | 'builder', name: string): readonly string[] {
  const known = what === 'runner' ? [...runners.ready, ...runners.coming] : builders;
  const standIn = standIns[name];
  if (standIn !== undefined && known.includes(standIn)) {
    return name === 'docker:generic' ? [standIn, 'exec:rust'] : [standIn];
  }
  if (known.includes(name)) return [name];
  throw unknown(what, name, [
    ...known,
    ...Object.keys(standIns).filter((other) => known.includes(standIns[other] ?? '')),
  ]);
}

/** What meant one thing or another is one: a plan that enables docker:go and exec:go has a builder. */
function onlyOne(sections: Sections, meaningOf: (name: string) => string): string | undefined {
  const enabled = Object.keys(sections).filter((name) => sections[name]?.enabled);
  const meanings = [...new Set(enabled.map(meaningOf))].filter(
    (id) => builders.includes(id) || runners.ready.includes(id),
  );
  if (meanings.length !== 1) return undefined;
  return (
    enabled.find((name) => name === meanings[0]) ?? enabled.find((name) => meaningOf(name) === meanings[0])
  );
}

function namesMeaning(id: string, meaningOf: (name: string) => string): string[] {
  return [id, ...Object.keys(standIns).filter((name) => meaningOf(name) === id)];
}

/** A plan that lists no section at all takes what comes; one that lists some is held to them. */
function checkEnabled(
  what: string,
  name: string,
  names: readonly string[],
  sections: Sections,
  where: string | undefined,
): void {
  const enabled = Object.keys(sections).filter((key) => sections[key]?.enabled);
  if (Object.keys(sections).length === 0 || names.some((known) => enabled.includes(known))) return;
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

/**
 * The configuration of a choice from manifest and home, weakest first, without what means something to a container only.
 * @param kind of the sections: builders or runners.
 */
export function sectionsOf(
  { names }: Choice,
  kind: 'builders' | 'runners',
  manifest: Manifest,
  home: HomeConfig,
): { readonly sections: readonly Layer[]; readonly notes: readonly string[] } {
  const all = [
    { file: '.env.toml', sections: home[kind] },
    { file: 'manifest.toml', sections: manifest[kind] },
  ].flatMap(({ file, sections }) =>
    // The name that is meant is stronger than those that stand for it.
    [...names]
      .reverse()
      .map((name) => ({ where: `${file}, ${kind}."${name}"`, name, values: sections[name] ?? {} })),
  );
  const cleaned = all.map(({ where, name, values }) => ({ where, ...withoutDocker(flat(values), name) }));
  return {
    sections: cleaned.map(({ where, values }) => ({ where, values })),
    notes: cleaned.flatMap(({ where, dropped }) => noteOf(dropped, where)),
  };
}

/** A section may keep its values in a table `defaults` of its own. */
function flat({ defaults, enabled: _, disabled: __, ...values }: Layer['values']): Layer['values'] {
  return typeof defaults === 'object' ? { ...defaults, ...values } : values;
}

/** Flags that came with a name from the Docker world, without what means something to a container only. */
export function flagsFor<Value>(
  { standsFor }: Choice,
  values: Readonly<Record<string, Value>>,
  where: string,
): { readonly values: Readonly<Record<string, Value>>; readonly notes: readonly string[] } {
  const { values: kept, dropped } = withoutDocker(values, standsFor ?? '');
  return { values: kept, notes: noteOf(dropped, where) };
}

function withoutDocker<Value>(values: Readonly<Record<string, Value>>, name: string) {
  const known = dockerOnly[name] ?? [];
  const dropped = Object.keys(values).filter((key) => known.includes(key));
  const kept = Object.fromEntries(Object.entries(values).filter(([key]) => !known.includes(key)));
  return { values: kept, dropped };
}

function noteOf(dropped: readonly string[], where: string): string[] {
  return dropped.length === 0 ? [] : [`not applied without Docker (${where}): ${dropped.join(', ')}`];
}
