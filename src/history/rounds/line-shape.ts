import { withoutVarying } from '../../run/causes/shared-text.ts';
import { beginningOf } from '../../util/truncate.ts';

/** Of a long line, as many characters count. */
const maxLength = 300;

/** Times of the day and dates, and long IDs with letters and digits, such as those of runs and of peers. */
const changing = new RegExp(
  [
    String.raw`\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)?`,
    String.raw`\b\d\d:\d\d:\d\d(?:[.,]\d+)?\b`,
    String.raw`\b(?=\w*\d)(?=\w*[a-zA-Z])\w{16,}\b`,
  ].join('|'),
  'g',
);

/** What lines have in common that differ only in numbers, times, addresses and IDs: these become `…`. */
export function lineShape(text: string): string {
  return withoutVarying(beginningOf(text, maxLength).replaceAll(changing, '…'));
}
