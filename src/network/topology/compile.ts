import type { NetworkTable } from '../../plan/network-table.ts';
import { parseGoDuration } from '../../values/go-duration.ts';
import { dropped, type Path, readPath } from './path.ts';
import { readSide, type Side } from './side.ts';

/** What a composition or a command line declares, with the names that it may use. */
export interface Declaration {
  readonly table: Pick<NetworkTable, 'regions' | 'rtt' | 'partitions'>;
  /** Paths as texts: `eu>us:loss=1%`. */
  readonly paths: readonly string[];
  /** Whether a group or an instance has this name. */
  readonly isMember: (name: string) => boolean;
}

/** Collects what is wrong. */
type Report = (problem: string) => void;

/**
 * Compiles a declaration to paths. Of those that fit a packet, the last one that has a setting counts for that setting, and
 * each one that drops. Round trips of regions come first.
 * @returns what is wrong with it, as texts, if something is.
 */
export function pathsIn({ table, paths, isMember }: Declaration): { paths: Path[] } | { problems: string[] } {
  const problems = new Set<string>();
  const report: Report = (problem) => problems.add(problem);
  const { regions } = table;
  checkRegions(regions, isMember, report);
  const isLabel = (name: string) => Object.hasOwn(regions, name) || isMember(name);
  const between = (from: string, to: string, effect: Path['effect']): Path[] => {
    const [sender, receiver] = [from, to].map((name) => sideNamed(name, isLabel, report));
    return sender === undefined || receiver === undefined ? [] : [{ from: sender, to: receiver, effect }];
  };
  const compiled = [
    ...roundTripsIn(table, report).flatMap(({ from, to, ms }) => between(from, to, { latency: ms / 2 })),
    ...paths.flatMap((text) =>
      waysOf(text, report).flatMap(({ from, to, effect }) => between(from, to, effect)),
    ),
    ...table.partitions.flatMap(pairsIn).flatMap(({ from, to }) => between(from, to, dropped)),
  ];
  return problems.size > 0 ? { problems: [...problems] } : { paths: compiled };
}

function sideNamed(name: string, isLabel: (name: string) => boolean, report: Report): Side | undefined {
  const side = readSide(name, isLabel);
  if (side === undefined)
    report(`there is no region, group or instance ${JSON.stringify(name)}, and it is no IPv4 subnet`);
  return side;
}

function checkRegions(
  regions: NetworkTable['regions'],
  isMember: Declaration['isMember'],
  report: Report,
): void {
  for (const [region, members] of Object.entries(regions)) {
    if (isMember(region)) report(`the region ${region} has the name of a group or an instance`);
    for (const name of members)
      if (!isMember(name)) report(`region ${region}: there is no group or instance ${JSON.stringify(name)}`);
  }
}

interface Way {
  readonly from: string;
  readonly to: string;
}

/** The round trips between regions, each in both directions; in ms. */
function roundTripsIn({ regions, rtt }: Declaration['table'], report: Report): (Way & { ms: number })[] {
  const declared = Object.entries(rtt).flatMap(([from, others]) =>
    Object.entries(others).map(([to, text]) => ({ from, to, text })),
  );
  return declared.flatMap(({ from, to, text }) => {
    const ms = parseGoDuration(text);
    const unknown = [from, to].find((name) => !Object.hasOwn(regions, name));
    if (unknown !== undefined) report(`rtt: there is no region ${JSON.stringify(unknown)}`);
    if (from < to && rtt[to]?.[from] !== undefined)
      report(`rtt: the round trip between ${from} and ${to} is declared twice`);
    if (ms === undefined || ms < 0) report(`rtt: ${JSON.stringify(text)} is no round trip, as in 80ms`);
    if (unknown !== undefined || ms === undefined) return [];
    return bothWays({ from, to }).map((way) => ({ ...way, ms }));
  });
}

/** The ways of a path as a person writes it. */
function waysOf(text: string, report: Report): (Way & Pick<Path, 'effect'>)[] {
  const path = readPath(text);
  if (path === undefined || typeof path === 'string') {
    report(path ?? `${JSON.stringify(text)} is no path, as in a>b:latency=20ms`);
    return [];
  }
  const { effect } = path;
  return (path.isBothWays ? bothWays(path) : [path]).map(({ from, to }) => ({ from, to, effect }));
}

/** A path within one side is one path. */
function bothWays({ from, to }: Way): Way[] {
  return from === to
    ? [{ from, to }]
    : [
        { from, to },
        { from: to, to: from },
      ];
}

/** All ordered pairs of different names. */
function pairsIn(names: readonly string[]): Way[] {
  return names.flatMap((from) => names.flatMap((to) => (from === to ? [] : [{ from, to }])));
}
