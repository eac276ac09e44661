import type { LeftOut } from '../../outputs/entries.ts';

/** So many are named. */
const named = 20;

/** What an archive does not hold, a line each; of many the first, and how many more there are. */
export function leftOutLines(leftOut: readonly LeftOut[]): string[] {
  const lines = leftOut.map(({ path, why }) => `left out of the archive: ${JSON.stringify(path)}, ${why}`);
  const more = lines.length - named;
  return [...lines.slice(0, named), ...(more > 0 ? [`and ${more} more are left out of the archive`] : [])];
}
