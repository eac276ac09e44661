import type { LeftOut } from '../../outputs/archive/entries.ts';

/** At most this number of entries is listed. */
const named = 20;

/** Lists what an archive leaves out, one per line: the first entries, and the number of the others. */
export function leftOutLines(leftOut: readonly LeftOut[]): string[] {
  const lines = leftOut.map(({ path, why }) => `left out of the archive: ${JSON.stringify(path)}, ${why}`);
  const more = lines.length - named;
  return [...lines.slice(0, named), ...(more > 0 ? [`and ${more} more left out of the archive`] : [])];
}
