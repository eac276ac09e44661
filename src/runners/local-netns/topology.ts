import { createHash } from 'node:crypto';
import type { AccessLink } from '../../network/access-link.ts';
import type { PortNat } from '../../network/engine.ts';
import { natKinds } from '../../network/nat-kind.ts';
import { numberOf } from '../../network/range.ts';
import { pathsIn } from '../../network/topology/compile.ts';
import type { Path, SeededPath } from '../../network/topology/path.ts';
import { labelsOf } from '../../network/topology/side.ts';
import { type InstanceId, instancesOfGroups, instanceTag } from '../../plan/instance-id.ts';
import type { NetworkTable } from '../../plan/network-table.ts';
import type { RunSpec } from '../../plan/run-spec.ts';
import { TgError } from '../../util/errors.ts';
import { groupBy } from '../../util/group-by.ts';
import { type Declared, declaredIn, linksKey, tableKey } from './declared.ts';
import { natAddress } from './subnets.ts';

/** What a run declares about its network, by instance. */
export interface Topology {
  /** The names by which sides of paths mean an instance. */
  labelsOf(instance: InstanceId): readonly string[];
  /** The link of an instance; undefined if none is declared. */
  linkOf(instance: InstanceId): AccessLink | undefined;
  readonly hasNats: boolean;
  /** The NAT that an instance is behind; undefined if it is behind none. */
  natOf(instance: InstanceId): PortNat | undefined;
  readonly paths: readonly Path[];
}

/** A run, as far as it declares a network. */
export type Declaring = Pick<RunSpec, 'config' | 'configOrigins' | 'groups' | 'seed'>;

/**
 * Reads what a run declares about its network.
 * @returns undefined if that is nothing.
 * @throws TgError (usage) for names that the run does not have.
 */
export function topologyOf({ config, configOrigins, groups, seed }: Declaring): Topology | undefined {
  const declared = declaredIn(config.runner);
  if (declared === undefined) return undefined;
  const { table, links, paths } = declared;
  const names = new Set([...groups.map(({ id }) => id), ...instancesOfGroups(groups).flatMap(labelsOf)]);
  const isMember = (name: string) => names.has(name);
  const compiled = pathsIn({ table, paths, isMember });
  const named = [...links.flatMap(({ of }) => of ?? []), ...Object.keys(table.nat)];
  const unknown = named
    .filter((name) => !isMember(name) && !Object.hasOwn(table.regions, name))
    .map((name) => `there is no region, group or instance ${JSON.stringify(name)}`);
  const problems = [...unknown, ...('problems' in compiled ? compiled.problems : [])];
  if ('problems' in compiled || problems.length > 0)
    throw refused(
      problems,
      groups,
      Object.keys(table.regions),
      [tableKey, linksKey].flatMap((key) => configOrigins[key] ?? []).join(' and '),
    );
  const labels = (instance: InstanceId) => [...labelsOf(instance), ...regionsOf(instance, declared)];
  return {
    paths: compiled.paths,
    labelsOf: labels,
    linkOf(instance) {
      const its = labels(instance);
      return links.findLast(({ of }) => of === undefined || its.includes(of))?.link;
    },
    hasNats: Object.keys(table.nat).length > 0,
    natOf: natsIn(table.nat, instancesOfGroups(groups), labels, seed),
  };
}

/** The NAT of each instance: of those that are declared for it, the last one. */
function natsIn(
  nats: NetworkTable['nat'],
  instances: readonly InstanceId[],
  labels: Topology['labelsOf'],
  runSeed: string,
): Topology['natOf'] {
  const declared = Object.entries(nats);
  const behind = groupBy(
    instances.map((instance, number) => ({ instance, number, its: labels(instance) })),
    ({ its }) => declared.findLastIndex(([name]) => its.includes(name)),
  );
  const found = new Map<string, PortNat>();
  for (const [place, members] of behind) {
    const [name = '', kind] = declared[place] ?? [];
    if (kind === undefined) continue;
    // A path to a NAT that several share must be one to all of them.
    const common = members[0].its.filter((label) => members.every(({ its }) => its.includes(label)));
    const seed = seedFrom(`${runSeed} nat ${name}`, 4);
    const shared = { kind, address: numberOf(natAddress('shared', place)), labels: common, seed };
    for (const { instance, number, its } of members) {
      const tag = instanceTag(instance);
      const own = { kind, address: numberOf(natAddress('own', number)), labels: its };
      const nat = natKinds[kind].isShared ? shared : { ...own, seed: seedFrom(`${runSeed} nat ${tag}`, 4) };
      found.set(tag, nat);
    }
  }
  return (instance) => found.get(instanceTag(instance));
}

function regionsOf(instance: InstanceId, { table }: Declared): readonly string[] {
  const its = labelsOf(instance);
  return Object.entries(table.regions).flatMap(([region, members]) =>
    members.some((name) => its.includes(name)) ? [region] : [],
  );
}

function refused(
  problems: readonly string[],
  groups: RunSpec['groups'],
  regions: readonly string[],
  where: string,
): TgError {
  const known = [
    `The groups are ${groups.map(({ id }) => id).join(', ')}`,
    ...(regions.length === 0 ? [] : [`the regions ${regions.join(', ')}`]),
  ];
  return new TgError('usage', `the network that is declared does not fit the run: ${problems.join('; ')}`, {
    where,
    hint: `${known.join('; ')}.`,
  });
}

/** The paths as the switch has them: their random choices follow from the seed of the run. */
export function switchPaths({ paths }: Pick<Topology, 'paths'>, runSeed: string): SeededPath[] {
  return paths.map((path, index) => ({ ...path, seed: seedOfPath(runSeed, String(index)) }));
}

/** The seed of a path's random choices. */
export function seedOfPath(runSeed: string, name: string): readonly number[] {
  return seedFrom(`${runSeed} path ${name}`, 4);
}

/** The seed of an instance's random choices. */
export function seedOfPort(runSeed: string, tag: string): readonly number[] {
  return seedFrom(`${runSeed} network ${tag}`, 12);
}

/** Numbers of 32 bits, none of them 0. */
function seedFrom(text: string, length: number): readonly number[] {
  const digest = createHash('sha512').update(text).digest();
  return Array.from({ length }, (_, place) => digest.readInt32LE(4 * place) | 1);
}
