/** Returns the value for what one group sends to another; undefined if there is none. */
export type OfPair<Value> = (from: string, to: string) => Value | undefined;

/**
 * Reads values for pairs of groups: `eu>us:80..90,us<>us:0..5`. `all` stands for every group; the last pair that fits
 * counts, as in `--net`.
 * @param read reads a value; undefined if it is none.
 * @throws Error that names the part that cannot be read.
 */
export function pairsIn<Value>(text: string, read: (text: string) => Value | undefined): OfPair<Value> {
  const parts = text.split(',').filter((part) => part.trim() !== '');
  const pairs = parts.flatMap((part) => {
    const [, from = '', arrow, to = '', rest = ''] = /^\s*([^<>:]+)(<?>)([^<>:]+):(.*?)\s*$/.exec(part) ?? [];
    const value = read(rest);
    if (arrow === undefined || value === undefined)
      throw new Error(`not a pair of groups with a value: "${part}"`);
    const there = { from, to, value };
    return arrow === '>' ? [there] : [there, { from: to, to: from, value }];
  });
  const fits = (side: string, group: string) => side === 'all' || side === group;
  return (from, to) => pairs.findLast((pair) => fits(pair.from, from) && fits(pair.to, to))?.value;
}

/** Bounds of a round trip in ms, both inclusive; or `none`, where there must be no answer. */
export type Bounds = { readonly least: number; readonly most: number } | 'none';

/** Reads `80..90`, or `none`. */
export function boundsIn(text: string): Bounds | undefined {
  if (text === 'none') return text;
  const [, least, most] = /^(\d+(?:\.\d+)?)\.\.(\d+(?:\.\d+)?)$/.exec(text) ?? [];
  return least === undefined ? undefined : { least: Number(least), most: Number(most) };
}
