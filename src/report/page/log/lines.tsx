import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { reveal } from '../hooks/reveal.ts';
import { useSize } from '../hooks/use-size.ts';
import { goToTimeline, selectLine } from '../select.ts';
import { chosenLine, report } from '../state.ts';
import { isAmong, placeAmong, topLine } from './in-view.ts';
import { LogLine, lineId } from './line.tsx';
import { found } from './search.ts';

/**
 * The height of a line in pixels, as in style/log.css. All lines have the same height, so that thousands can be
 * scrolled without measuring.
 */
const lineHeight = 21;

const steps: Readonly<Record<string, number>> = {
  ArrowDown: 1,
  ArrowUp: -1,
  PageDown: 20,
  PageUp: -20,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

/** The lines that match the filters. Only those near the view are in the page. */
export function Lines() {
  const box = useRef<HTMLDivElement>(null);
  const [scrolled, setScrolled] = useState(0);
  const height = useSize(box)?.height ?? 400;
  const lines = found.value;
  const { value: line } = chosenLine;
  const wasAtEnd = useRef(false);
  const before = useRef({ lines, report: report.value });
  useLayoutEffect(() => {
    const { current } = box;
    const { lines: earlier, report: known } = before.current;
    before.current = { lines, report: report.value };
    if (current === null || earlier === lines) return;
    // Keeps a view that is scrolled to the end at the end of an active run.
    if (wasAtEnd.current) current.scrollTop = current.scrollHeight;
    // Other filters: the line that was looked at stays where it is.
    else if (known === report.value) current.scrollTop = keptScroll(earlier, lines, current);
  }, [lines]);
  useLayoutEffect(() => {
    const { current } = box;
    if (current === null || line === undefined) return;
    const top = placeAmong(lines, line) * lineHeight;
    const room = current.clientHeight;
    const isInView = top >= current.scrollTop && top + lineHeight <= current.scrollTop + room;
    if (!isInView) current.scrollTop = top - room / 2;
  }, [line]);
  const first = Math.max(0, Math.floor(scrolled / lineHeight) - 10);
  const last = Math.min(lines.length, Math.ceil((scrolled + height) / lineHeight) + 10);
  useLayoutEffect(() => {
    topLine.value = lines[Math.ceil(scrolled / lineHeight)];
  });
  const move = (by: number) => {
    const place = line !== undefined && isAmong(lines, line) ? placeAmong(lines, line) : -1;
    const next = Math.min(
      lines.length - 1,
      Math.max(0, place === -1 && Number.isFinite(by) ? 0 : place + by),
    );
    selectLine(lines[next]);
    if (box.current !== null) reveal(box.current, next * lineHeight, (next + 1) * lineHeight, height);
  };
  return (
    <div
      ref={box}
      class="lines"
      role="listbox"
      aria-label="lines of the log"
      aria-activedescendant={
        line !== undefined && lines.slice(first, last).includes(line) ? lineId(line) : undefined
      }
      tabIndex={0}
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        wasAtEnd.current = scrollTop > 0 && scrollTop + clientHeight >= scrollHeight - lineHeight;
        setScrolled(scrollTop);
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && line !== undefined) goToTimeline(line);
        if (event.key === 'Escape') selectLine(undefined);
        const by = steps[event.key];
        if (by === undefined) return;
        event.preventDefault();
        move(by);
      }}
    >
      <div style={{ height: `${lines.length * lineHeight}px` }}>
        <div style={{ transform: `translateY(${first * lineHeight}px)` }}>
          {lines.slice(first, last).map((each) => (
            <LogLine key={each} line={each} />
          ))}
        </div>
      </div>
    </div>
  );
}

/**
 * The scroll position at which a line stays where it is when other lines are shown: the selected one if it is in view,
 * else the first one in view.
 */
function keptScroll(
  earlier: readonly number[],
  lines: readonly number[],
  { scrollTop, clientHeight }: { readonly scrollTop: number; readonly clientHeight: number },
): number {
  const { value: line } = chosenLine;
  const topOf = (all: readonly number[], each: number) => placeAmong(all, each) * lineHeight;
  const offset = line === undefined || !isAmong(earlier, line) ? -1 : topOf(earlier, line) - scrollTop;
  const isInView = offset >= 0 && offset < clientHeight;
  if (isInView && line !== undefined) return topOf(lines, line) - offset;
  const kept = earlier[Math.floor(scrollTop / lineHeight)] ?? 0;
  return topOf(lines, kept) + (scrollTop % lineHeight);
}
