import type { InstanceId } from '../../plan/instance-id.ts';
import { rangesOf } from '../../plan/instance-ranges.ts';
import type { NetworkWay, OneWay } from '../../plan/network-way.ts';
import { groupBy } from '../../util/group-by.ts';
import type { AccessLink } from '../access-link.ts';
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
      const there = oneWay(from.first, to.first, paths);
      return [{ from: from.name, to: to.name, there, back: oneWay(to.first, from.first, paths) }];
    }),
  );
}

function kindsOf(members: readonly Member[], paths: readonly Path[]): Kind[] {
  const sides = paths.flatMap(({ from, to }) => [from, to]);
  const links = [...new Set(members.map(({ link }) => link))];
  const sizes = groupBy(members, ({ instance }) => instance.group);
  const keyOf = ({ instance, labels, address, link }: Member) =>
    JSON.stringify([instance.group, links.indexOf(link), sides.map((side) => isOn(side, labels, address))]);
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
