import { useState } from 'preact/hooks';
import { many } from './format.ts';
import { printing } from './print.ts';

/** The first or the last lines of a text, and a button that shows all of them. A printed page has them all. */
export function FirstLines({
  lines,
  first,
  isFromEnd = false,
}: {
  readonly lines: readonly string[];
  readonly first: number;
  readonly isFromEnd?: boolean;
}) {
  const [isWhole, setWhole] = useState(false);
  const left = isWhole || printing.value ? 0 : Math.max(0, lines.length - first);
  const shown = isFromEnd ? lines.slice(left) : lines.slice(0, lines.length - left);
  const more = left > 0 && (
    <button type="button" class="link more" onClick={() => setWhole(true)}>
      and {many(left, isFromEnd ? 'line before' : 'more line')}
    </button>
  );
  return (
    <pre>
      {isFromEnd && more}
      {isFromEnd && more && '\n'}
      {shown.join('\n')}
      {!isFromEnd && more && '\n'}
      {!isFromEnd && more}
    </pre>
  );
}
