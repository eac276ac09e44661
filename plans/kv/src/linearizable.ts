/** A read or a write of a register, as a client saw it. */
export interface Operation {
  readonly client: number;
  readonly kind: 'read' | 'write';
  /** What was written or read; every write writes a value of its own. Null for a register that nobody has written. */
  readonly value: string | null;
  /** When it began and ended, in ns of a clock that all clients share. */
  readonly began: bigint;
  readonly ended: bigint;
}

/** A write and all that read what it wrote. */
interface Cluster {
  readonly value: string | null;
  /** When the first of them ended, and when the last of them began. */
  readonly firstEnd: bigint;
  readonly lastBegin: bigint;
}

/**
 * Whether a history is linearizable: whether each operation can have happened at one moment between its begin and its end,
 * so that each read gives what was written last. With values that differ that is decided by the times in which a value must
 * have been there (Gibbons and Korach, "Testing shared memories", 1997): from the first end of an operation with it to the
 * last begin of one.
 * @returns what is wrong, in words; undefined for a history that is linearizable.
 */
export function violation(history: readonly Operation[]): string | undefined {
  const writes = new Map(history.filter(({ kind }) => kind === 'write').map((write) => [write.value, write]));
  for (const read of history.filter(({ kind }) => kind === 'read')) {
    const write = writes.get(read.value);
    if (write === undefined && read.value !== null) return `${words(read)} what nobody has written`;
    if (write !== undefined && read.ended < write.began) return `${words(read)} what was written later only`;
  }
  const clusters = clustersOf(history);
  const forward = clusters
    .filter(({ firstEnd, lastBegin }) => firstEnd < lastBegin)
    .sort((a, b) => (a.firstEnd < b.firstEnd ? -1 : 1));
  for (const [index, zone] of forward.entries()) {
    const next = forward[index + 1];
    if (next === undefined || next.firstEnd >= zone.lastBegin) continue;
    if (zone.value === null) return `nothing was read when ${name(next)} had been there`;
    return `${name(zone)} and ${name(next)} were there in turns: ${shared(zone, next)}`;
  }
  for (const { value, firstEnd, lastBegin } of clusters.filter(
    (cluster) => cluster.firstEnd >= cluster.lastBegin,
  )) {
    // The only one that may hold it is the last that began before.
    const around = forward.findLast((zone) => zone.firstEnd < lastBegin);
    if (around !== undefined && firstEnd < around.lastBegin)
      return `${value ?? 'nothing'} was there while ${name(around)} was`;
  }
  return undefined;
}

/** The operations by their value; the register's first state was there before all. */
function clustersOf(history: readonly Operation[]): Cluster[] {
  const clusters = new Map<string | null, Cluster>();
  for (const { value, began, ended } of history) {
    // Nobody wrote what was there at first: it was there before everything else.
    const known = clusters.get(value) ?? {
      value,
      firstEnd: value === null ? -1n : ended,
      lastBegin: value === null ? -1n : began,
    };
    clusters.set(value, {
      value,
      firstEnd: ended < known.firstEnd ? ended : known.firstEnd,
      lastBegin: began > known.lastBegin ? began : known.lastBegin,
    });
  }
  return [...clusters.values()];
}

function words({ client, kind, value }: Operation): string {
  return `client ${client} has ${kind === 'read' ? 'read' : 'written'} ${value ?? 'nothing'},`;
}

function name({ value }: Cluster): string {
  return value ?? 'nothing';
}

function shared(one: Cluster, other: Cluster): string {
  const until = one.lastBegin < other.lastBegin ? one.lastBegin : other.lastBegin;
  return `both have to be for ${Number(until - other.firstEnd) / 1e6} ms`;
}
