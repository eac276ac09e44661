import type { Pairs } from '../../data.ts';

/** What one sent to another. */
export interface Cell {
  readonly sent: number;
  readonly bytes: number;
  readonly received: number;
  readonly lost: number;
  readonly overflowed: number;
  readonly unasked: number;
}

/** A table of who sent packets to whom. */
export interface Matrix {
  readonly senders: readonly number[];
  /** -1 is a NAT that several instances share. */
  readonly receivers: readonly number[];
  /** By sender, then by receiver. */
  readonly cells: ReadonlyMap<number, ReadonlyMap<number, Cell>>;
  /** The largest number of packets in a cell. */
  readonly most: number;
}

/** At most this many senders and receivers are in a table. */
const mostSides = 64;

/**
 * The table of some pairs: of many, those that sent and received most packets.
 */
export function matrixOf(pairs: Pairs): Matrix & { readonly left: number } {
  const cells = new Map<number, Map<number, Cell>>();
  const packets = new Map<number, number>();
  const count = (side: number, by: number) => packets.set(side, (packets.get(side) ?? 0) + by);
  let most = 0;
  for (const [place, from] of pairs.from.entries()) {
    const to = pairs.to[place] ?? -1;
    const cell = cellAt(pairs, place);
    const row = cells.get(from) ?? new Map<number, Cell>();
    cells.set(from, row.set(to, cell));
    count(from, cell.sent);
    if (to !== from) count(to, cell.sent);
    most = Math.max(most, packetsOf(cell));
  }
  const byPackets = [...packets].sort(([, a], [, b]) => b - a).map(([side]) => side);
  const shown = byPackets.slice(0, mostSides).sort((a, b) => a - b);
  const sides = shown.filter((side) => side >= 0);
  return {
    senders: sides,
    receivers: [...sides, ...(shown.includes(-1) ? [-1] : [])],
    cells,
    most,
    left: byPackets.length - shown.length,
  };
}

function cellAt(pairs: Pairs, place: number): Cell {
  const of = (column: readonly number[]) => column[place] ?? 0;
  return {
    sent: of(pairs.sent),
    bytes: of(pairs.sentBytes),
    received: of(pairs.received),
    lost: of(pairs.lost),
    overflowed: of(pairs.overflowed),
    unasked: of(pairs.unasked),
  };
}

/** The packets that were sent, or came without that being known. */
export function packetsOf({ sent, received }: Cell): number {
  return Math.max(sent, received);
}

/** How many packets were dropped. */
export function droppedOf({ lost, overflowed, unasked }: Cell): number {
  return lost + overflowed + unasked;
}

/** How much of the scale a number of packets takes, from 0 to 1: logarithmic. */
export function shadeOf(packets: number, most: number): number {
  return packets === 0 ? 0 : Math.log1p(packets) / Math.log1p(Math.max(1, most));
}
