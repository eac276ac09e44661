import { withoutVarying } from '../../run/causes/shared-text.ts';
import { beginningOf } from '../../util/truncate.ts';

/** Of a long line, as many characters count. */
const maxLength = 300;

/** A long ID with letters and digits, such as that of a run or of a peer. */
const longId = /\b(?=\w*\d)(?=\w*[a-zA-Z])\w{16,}\b/g;

/** What lines have in common that differ only in numbers, times, addresses and IDs: these become `…`. */
export function lineShape(text: string): string {
  return withoutVarying(beginningOf(text, maxLength).replaceAll(longId, '…'));
}
