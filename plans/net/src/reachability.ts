/**
 * How one instance reaches another: uninvited from outside, uninvited by its own address, only if both send, or not at
 * all.
 */
export const ways = ['direct', 'inside', 'punched', 'none'] as const;

export type Way = (typeof ways)[number];

/** What an instance has seen of others; names of instances. */
export interface Seen {
  readonly name: string;
  readonly group: string;
  /** Those that have reached it uninvited, by its own address where it has another one outside. */
  readonly inside: readonly string[];
  /** Those that have reached it uninvited, from outside. */
  readonly direct: readonly string[];
  /** Those that it has reached while both sent. */
  readonly punched: readonly string[];
}

export interface Reach {
  readonly from: string;
  readonly to: string;
  readonly way: Way;
}

/** How the first of two instances reaches the second. */
export function wayBetween(from: Seen, to: Seen): Way {
  if (to.direct.includes(from.name)) return 'direct';
  if (to.inside.includes(from.name)) return 'inside';
  return from.punched.includes(to.name) ? 'punched' : 'none';
}

/** The lines of a table: a row for each instance that sends, a column for each that receives. */
export function asTable(everyone: readonly Seen[]): string[] {
  const width = Math.max(...everyone.map(({ name }) => name.length), 'punched'.length) + 2;
  const row = (cells: readonly string[]) =>
    cells
      .map((cell) => cell.padEnd(width))
      .join('')
      .trimEnd();
  return [
    row(['from \\ to', ...everyone.map(({ name }) => name)]),
    ...everyone.map((from) =>
      row([from.name, ...everyone.map((to) => (to === from ? '-' : wayBetween(from, to)))]),
    ),
  ];
}
