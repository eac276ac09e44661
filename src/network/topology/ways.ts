import type { InstanceId } from '../../plan/instance-id.ts';
import { rangesOf } from '../../plan/instance-ranges.ts';
import type { NatName } from '../../plan/network-table.ts';
import type { NetworkWay, OneWay } from '../../plan/network-way.ts';
import { groupBy } from '../../util/group-by.ts';
import type { AccessLink } from '../access-link.ts';
import { natKinds } from '../nat-kind.ts';
import type { Shape } from '../shape.ts';
import { type Path, takenOf } from './path.ts';
import { isOn } from './side.ts';

/** An instance, as far as paths and its link are concerned. */
export interface Member {
  readonly instance: InstanceId;
  readonly labels: readonly string[];
  /** As a number. */
  readonly address: number;
  readonly link: AccessLink | undefined;
  /** The NAT that it is behind. */
  readonly nat: MemberNat | undefined;
}

interface MemberNat {
  readonly kind: NatName;
  /** Its external address. */
  readonly address: number;
  /** The names by which sides of paths mean it from outside. */
  readonly labels: readonly string[];
}

/** Instances of one group with the same link, on the same sides. */
interface Kind {
  readonly name: string;
  readonly first: Member;
  readonly count: number;
}

/** What is declared between all pairs of instances; those that are alike are one row. */
export function waysBetween(members: readonly Member[], paths: readonly Path[]): NetworkWay[] {
  const kinds = kindsOf(members, paths);
  return kinds.flatMap((from, index) =>
    kinds.slice(index).flatMap((to) => {
      if (from === to && from.count === 1) return [];
      return [{ from: from.name, to: to.name, ...wayBetween(from.first, to.first, paths) }];
    }),
  );
}

function wayBetween(from: Member, to: Member, paths: readonly Path[]): Omit<NetworkWay, 'from' | 'to'> {
  const [there, back] = [oneWay(from, to, paths), oneWay(to, from, paths)];
  const nats = isWithinOneNat(from, to) ? undefined : { from: from.nat?.kind, to: to.nat?.kind };
  return {
    ...{ fromNat: from.nat?.kind, toNat: to.nat?.kind, there, back },
    firstSender: firstSender(nats, { there: there !== undefined, back: back !== undefined }),
  };
}

function isWithinOneNat({ nat: one }: Member, { nat: other }: Member): boolean {
  return one !== undefined && natKinds[one.kind].isShared && one.address === other?.address;
}

/** @param nats undefined if none is between the two. @param passes in which direction packets pass. */
function firstSender(
  nats: { readonly from: NatName | undefined; readonly to: NatName | undefined } | undefined,
  passes: { readonly there: boolean; readonly back: boolean },
): NetworkWay['firstSender'] {
  const { from, to } = nats ?? {};
  if (from !== undefined && to !== undefined)
    return passes.there && passes.back && canPunch(from, to) ? 'both-at-once' : 'none';
  const [fromCan, toCan] = [passes.there && to === undefined, passes.back && from === undefined];
  if (fromCan && toCan) return 'either';
  if (fromCan) return 'from';
  return toCan ? 'to' : 'none';
}

/** A NAT that maps by destination sends from a port that the other side has not sent to. */
function canPunch(one: NatName, other: NatName): boolean {
  const isUnknown = (sender: NatName, receiver: NatName) =>
    natKinds[sender].mapping === 'by-destination' && natKinds[receiver].filtering === 'address-and-port';
  return !isUnknown(one, other) && !isUnknown(other, one);
}

function kindsOf(members: readonly Member[], paths: readonly Path[]): Kind[] {
  const sides = paths.flatMap(({ from, to }) => [from, to]);
  const links = [...new Set(members.map(({ link }) => link))];
  const sizes = groupBy(members, ({ instance }) => instance.group);
  const keyOf = ({ instance, labels, address, link, nat }: Member) =>
    JSON.stringify([
      ...[instance.group, links.indexOf(link), nat?.kind],
      nat !== undefined && natKinds[nat.kind].isShared ? nat.address : undefined,
      sides.map((side) => [isOn(side, labels, address), nat && isOn(side, nat.labels, nat.address)]),
    ]);
  return [...groupBy(members, keyOf).values()].flatMap((alike) => {
    const [first] = alike;
    if (first === undefined) return [];
    const { group } = first.instance;
    const isAll = sizes.get(group)?.length === alike.length;
    const name = isAll ? group : rangesOf(alike.map(({ instance }) => instance));
    return [{ name, first, count: alike.length }];
  });
}

function oneWay(from: Member, to: Member, paths: readonly Path[]): OneWay | undefined {
  // From outside, an instance is where its NAT is.
  const seen = to.nat === undefined || isWithinOneNat(from, to) ? to : to.nat;
  const { shape, isDropped } = takenOf(
    paths,
    (path) => isOn(path.from, from.labels, from.address) && isOn(path.to, seen.labels, seen.address),
  );
  if (isDropped) return undefined;
  return inARow([from.link?.up, shape, to.link?.down].filter((shape) => shape !== undefined));
}

/** What several shapes do, one after the other. */
function inARow(shapes: readonly Shape[]): OneWay {
  const sum = (of: (shape: Shape) => number) => shapes.reduce((total, shape) => total + of(shape), 0);
  const some = (of: (shape: Shape) => number) =>
    1 - shapes.reduce((left, shape) => left * (1 - of(shape)), 1);
  const rates = shapes.map(({ bandwidth }) => bandwidth).filter((rate) => rate > 0);
  return {
    latency: sum(({ latency }) => latency),
    jitter: sum(({ jitter }) => jitter),
    rate: rates.length === 0 ? undefined : Math.min(...rates),
    loss: some(({ loss }) => loss),
    corrupt: some(({ corrupt }) => corrupt),
    duplicate: some(({ duplicate }) => duplicate),
    reorder: some(({ reorder }) => reorder),
  };
}
