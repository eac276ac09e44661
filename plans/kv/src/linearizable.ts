/** A read or a write of a register, as a client saw it. */
export interface Operation {
  readonly client: number;
  readonly kind: 'read' | 'write';
  /** The value written or read. Every write has a different value; null is the value before the first write. */
  readonly value: string | null;
  /** When it began and ended, in ns of a clock that all clients share. */
  readonly began: bigint;
  readonly ended: bigint;
}

/** Why a history is not linearizable. */
export interface Violation {
  readonly text: string;
  /** The operations that show it: they are not linearizable by themselves either. */
  readonly operations: readonly Operation[];
}

/** A write and all reads of its value. */
interface Cluster {
  readonly value: string | null;
  /** When the first of them ended, and when the last of them began. */
  readonly firstEnd: bigint;
  readonly lastBegin: bigint;
}

/**
 * Checks whether a history is linearizable: whether each operation can have taken effect at one moment between its start
 * and its end, so that each read returns the value written last. If all values differ, this depends only on the time in
 * which each value must have been current (Gibbons and Korach, "Testing shared memories", 1997): from the first end to the
 * last start of an operation with that value.
 * @returns the first violation found; undefined for a linearizable history.
 */
export function violation(history: readonly Operation[]): Violation | undefined {
  const between = (text: string, one: Cluster, other: Cluster): Violation => ({
    text,
    operations: history.filter(({ value }) => value === one.value || value === other.value),
  });
  const writes = new Map(history.filter(({ kind }) => kind === 'write').map((write) => [write.value, write]));
  for (const read of history.filter(({ kind }) => kind === 'read')) {
    const write = writes.get(read.value);
    if (write === undefined && read.value !== null)
      return { text: `${words(read)}, which no client has written`, operations: [read] };
    if (write !== undefined && read.ended < write.began)
      return { text: `${words(read)} before it was written`, operations: [read, write] };
  }
  const clusters = clustersOf(history);
  const forward = clusters
    .filter(({ firstEnd, lastBegin }) => firstEnd < lastBegin)
    .sort((a, b) => (a.firstEnd < b.firstEnd ? -1 : 1));
  for (const [index, zone] of forward.entries()) {
    const next = forward[index + 1];
    if (next === undefined || next.firstEnd >= zone.lastBegin) continue;
    if (zone.value === null)
      return between(`nothing was read after ${name(next)} had been current`, zone, next);
    return between(
      `${name(zone)} and ${name(next)} contradict each other: ${shared(zone, next)}`,
      zone,
      next,
    );
  }
  for (const backward of clusters.filter((cluster) => cluster.firstEnd >= cluster.lastBegin)) {
    const { firstEnd, lastBegin } = backward;
    // Only the last zone that began before it can contain it.
    const around = forward.findLast((zone) => zone.firstEnd < lastBegin);
    if (around !== undefined && firstEnd < around.lastBegin)
      return between(`${name(backward)} was current while ${name(around)} must have been`, backward, around);
  }
  return undefined;
}

/** Groups the operations by their value. */
function clustersOf(history: readonly Operation[]): Cluster[] {
  const clusters = new Map<string | null, Cluster>();
  for (const { value, began, ended } of history) {
    // The initial value was never written: it was current before everything else.
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
  return `client ${client} ${kind === 'read' ? 'read' : 'wrote'} ${value ?? 'nothing'}`;
}

function name({ value }: Cluster): string {
  return value ?? 'nothing';
}

function shared(one: Cluster, other: Cluster): string {
  const until = one.lastBegin < other.lastBegin ? one.lastBegin : other.lastBegin;
  return `both must be current for ${Number(until - other.firstEnd) / 1e6} ms`;
}
