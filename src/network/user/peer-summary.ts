import { type Pair, type PairCounts, type Peers, pairCountNames } from '../peers.ts';
import { isWithin } from './frame-in-transit.ts';
import type { CountedPair, PeerCounts } from './peer-counts.ts';
import type { NatSide, Port } from './port.ts';

/** At most this many pairs of instances are listed: all of 64 instances. */
const mostListed = 4_096;

/** What the number of a peer stands for, as far as that is known. */
interface Owner {
  /** The place of its port in the list of all. */
  readonly link?: number | undefined;
  readonly group?: string | undefined;
}

/** Who sent packets to whom. Ports are given by their place. */
export function peersAt(ports: readonly Port[], nats: Iterable<NatSide>, counts: PeerCounts): Peers {
  const owners = new Map<number, Owner>(counts.groups().map(([name, number]) => [number, { group: name }]));
  for (const [link, { peer, group }] of ports.entries()) owners.set(peer, { link, group });
  for (const nat of nats) owners.set(nat.peer, ownerOf(nat, ports));
  return summaryOf(counts.pairs(), (peer) => owners.get(peer) ?? {});
}

/** What a NAT stands for: the port behind it, or what the ports behind it share. */
function ownerOf(nat: NatSide, ports: readonly Port[]): Owner {
  const within = ports.flatMap((port, link) => (isWithin(nat, port) ? [{ link, group: port.group }] : []));
  const [first, ...others] = within;
  if (others.length === 0) return first ?? {};
  return others.every(({ group }) => group === first?.group) ? { group: first?.group } : {};
}

/** Sums pairs of peers up: those of instances, with most packets first, and those of groups. */
export function summaryOf(
  counted: readonly CountedPair[],
  whoIs: (peer: number) => Owner,
  most = mostListed,
): Peers {
  const pairs = new Sums<number>();
  const groups = new Sums<string>();
  for (const pair of counted) {
    const [from, to] = [whoIs(pair.from), whoIs(pair.to)];
    if (from.group !== undefined) groups.add(from.group, to.group ?? null, pair);
    if (from.link !== undefined) pairs.add(from.link, to.link ?? null, pair);
  }
  const byPackets = pairs.all().sort((a, b) => packetsOf(b) - packetsOf(a));
  const listed = byPackets.slice(0, most).sort((a, b) => a.from - b.from || (a.to ?? -1) - (b.to ?? -1));
  return {
    pairs: listed,
    unlisted: sentIn(counted) - sentIn(listed),
    groups: groups.all(),
  };
}

function packetsOf({ sent, received }: PairCounts): number {
  return Math.max(sent, received);
}

function sentIn(pairs: readonly PairCounts[]): number {
  return pairs.reduce((sum, { sent }) => sum + sent, 0);
}

/** Sums by sender and receiver. */
class Sums<Who> {
  readonly #rows = new Map<Who, Map<Who | null, Pair<Who>>>();

  add(from: Who, to: Who | null, counts: PairCounts): void {
    const row = this.#rows.get(from) ?? new Map<Who | null, Pair<Who>>();
    this.#rows.set(from, row);
    const before = row.get(to);
    row.set(to, before === undefined ? { ...counts, from, to } : added(before, counts));
  }

  all(): Pair<Who>[] {
    return [...this.#rows.values()].flatMap((row) => [...row.values()]);
  }
}

function added<Who>(pair: Pair<Who>, more: PairCounts): Pair<Who> {
  const sums = pairCountNames.map((name) => [name, pair[name] + more[name]] as const);
  return { ...pair, ...Object.fromEntries(sums) };
}
