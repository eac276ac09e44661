import { useState } from 'preact/hooks';
import { many } from './format.ts';
import { printing } from './print.ts';
import { goTo } from './view/address.ts';

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
      {shown.map((line, place) => [place > 0 && '\n', <Line key={place} text={line} />])}
      {!isFromEnd && more && '\n'}
      {!isFromEnd && more}
    </pre>
  );
}

/** A line; one that only counts barriers leads to the list of all. */
function Line({ text }: { readonly text: string }) {
  if (!/^ *and \d+ more barriers and topics$/.test(text)) return <>{text}</>;
  return (
    <button type="button" class="link" onClick={() => goTo('barriers')}>
      {text.trim()}
    </button>
  );
}
