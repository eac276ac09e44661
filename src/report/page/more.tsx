import type { ComponentChildren, FunctionComponent, JSX } from 'preact';
import { useState } from 'preact/hooks';
import { many } from './format.ts';
import { printing } from './print.ts';

/** The number of items that each click adds: thousands at once are slow. */
const stepSize = 200;

/** The first items of a long list, and a button that shows more of them. A printed page has them all. */
export function More<T>({
  all,
  first,
  what,
  as: Wrapper = 'span',
  children,
}: {
  readonly all: readonly T[];
  /** How many are shown at first. */
  readonly first: number;
  /** What the items are, for `and 9 more instances`. */
  readonly what: string;
  /** The element around the button. */
  readonly as?: 'span' | 'li' | FunctionComponent<{ readonly children: ComponentChildren }>;
  readonly children: (item: T, place: number) => ComponentChildren;
}): JSX.Element {
  const [shown, setShown] = useState(first);
  const count = printing.value ? all.length : Math.min(shown, all.length);
  const left = all.length - count;
  return (
    <>
      {all.slice(0, count).map(children)}
      {left > 0 && (
        <Wrapper>
          <button type="button" class="link more" onClick={() => setShown(shown + stepSize)}>
            and {many(left, `more ${what}`)}
          </button>
        </Wrapper>
      )}
    </>
  );
}
