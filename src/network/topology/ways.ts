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
      return [{ ...sidesOf(from, to), ...bothWays(from.first, to.first, paths) }];
    }),
  );
}

function sidesOf(from: Kind, to: Kind): Pick<NetworkWay, 'from' | 'to' | 'fromNat' | 'toNat' | 'calls'> {
  const [fromNat, toNat] = [from.first.nat, to.first.nat];
  const isOneNat =
    fromNat !== undefined && natKinds[fromNat.kind].isShared && fromNat.address === toNat?.address;
  return {
    ...{ from: from.name, to: to.name, fromNat: fromNat?.kind, toNat: toNat?.kind },
    calls: isOneNat ? 'each' : callsBetween(fromNat?.kind, toNat?.kind),
  };
}

function callsBetween(from: NatName | undefined, to: NatName | undefined): NetworkWay['calls'] {
  if (from === undefined) return to === undefined ? 'each' : 'back';
  if (to === undefined) return 'there';
  // A NAT that maps by destination answers from a port that the other one has not sent to.
  const isUnknown = (one: NatName, other: NatName) =>
    natKinds[one].mapping === 'by-destination' && natKinds[other].filtering === 'address-and-port';
  return isUnknown(from, to) || isUnknown(to, from) ? 'nobody' : 'both-at-once';
}

function bothWays(from: Member, to: Member, paths: readonly Path[]): Pick<NetworkWay, 'there' | 'back'> {
  return { there: oneWay(from, to, paths), back: oneWay(to, from, paths) };
}

function kindsOf(members: readonly Member[], paths: readonly Path[]): Kind[] {
  const sides = paths.flatMap(({ from, to }) => [from, to]);
  const links = [...new Set(members.map(({ link }) => link))];
  const sizes = groupBy(members, ({ instance }) => instance.group);
  const keyOf = ({ instance, labels, address, link, nat }: Member) =>
    JSON.stringify([
      instance.group,
      links.indexOf(link),
      nat?.kind,
      sides.map((side) => isOn(side, labels, address)),
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
  const { shape, isDropped } = takenOf(
    paths,
    (path) => isOn(path.from, from.labels, from.address) && isOn(path.to, to.labels, to.address),
  );
  if (isDropped) return undefined;
  return inARow([from.link?.up, shape, to.link?.down].filter((shape) => shape !== undefined));
}

/** What several shapes do, one after the other. */
function inARow(shapes: readonly Shape[]): OneWay {
  const sum = (of: (shape: Shape) => number) => shapes.reduce((total, shape) => total + of(shape), 0);
  const rates = shapes.map(({ bandwidth }) => bandwidth).filter((rate) => rate > 0);
  return {
    latency: sum(({ latency }) => latency),
    jitter: sum(({ jitter }) => jitter),
    rate: rates.length === 0 ? undefined : Math.min(...rates),
    loss: 1 - shapes.reduce((left, { loss }) => left * (1 - loss), 1),
  };
}
