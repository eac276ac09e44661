import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { duration } from '../format.ts';
import { reveal } from '../hooks/reveal.ts';
import { useSize } from '../hooks/use-size.ts';
import { choose, chosenLine, report, tagOf, zoomTo } from '../state.ts';
import { LogFilters } from './filters.tsx';
import { LogLine } from './line.tsx';
import { found } from './search.ts';

/**
 * The height of a line in pixels, as in style/log.css. All lines have the same height, so that thousands can be
 * scrolled without measuring.
 */
const lineHeight = 21;

/** The log of all instances, in the order of time. */
export function LogView() {
  return (
    <section id="log" aria-labelledby="log-title">
      <h2 id="log-title">Log</h2>
      <LogFilters />
      {found.value.length > 0 && <Lines />}
      <ChosenLine />
      <p class="hint">
        ~: a line that is not an event has no time of its own. It follows the line before it; lines on stderr
        are at their instance’s end.
      </p>
    </section>
  );
}

const steps: Readonly<Record<string, number>> = {
  ArrowDown: 1,
  ArrowUp: -1,
  PageDown: 20,
  PageUp: -20,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

function Lines() {
  const box = useRef<HTMLDivElement>(null);
  const [scrolled, setScrolled] = useState(0);
  const height = useSize(box)?.height ?? 400;
  const wasAtEnd = useRef(false);
  const lines = found.value;
  // Keeps a view that is scrolled to the end at the end of an active run.
  useLayoutEffect(() => {
    if (wasAtEnd.current && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [lines]);
  const first = Math.max(0, Math.floor(scrolled / lineHeight) - 10);
  const last = Math.min(lines.length, Math.ceil((scrolled + height) / lineHeight) + 10);
  const move = (by: number) => {
    const place = lines.indexOf(chosenLine.value ?? -1);
    const next = Math.min(
      lines.length - 1,
      Math.max(0, place === -1 && Number.isFinite(by) ? 0 : place + by),
    );
    chosenLine.value = lines[next];
    if (box.current !== null) reveal(box.current, next * lineHeight, (next + 1) * lineHeight, height);
  };
  return (
    <div
      ref={box}
      class="lines"
      role="listbox"
      aria-label="lines of the log"
      tabIndex={0}
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        wasAtEnd.current = scrollTop > 0 && scrollTop + clientHeight >= scrollHeight - lineHeight;
        setScrolled(scrollTop);
      }}
      onKeyDown={(event) => {
        const by = steps[event.key];
        if (by === undefined) return;
        event.preventDefault();
        move(by);
      }}
    >
      <div style={{ height: `${lines.length * lineHeight}px` }}>
        <div style={{ transform: `translateY(${first * lineHeight}px)` }}>
          {lines.slice(first, last).map((line) => (
            <LogLine key={line} line={line} />
          ))}
        </div>
      </div>
    </div>
  );
}

/** The selected line in full. */
function ChosenLine() {
  const { value: line } = chosenLine;
  const { log } = report.value;
  if (line === undefined || line >= log.at.length) return null;
  const of = log.of[line] ?? -1;
  const at = log.at[line] ?? 0;
  return (
    <div class="chosen-line">
      <div class="tools">
        <strong>{tagOf(of)}</strong> at {duration(at)}
        {of >= 0 && (
          <button type="button" onClick={() => choose(of)}>
            all lines of {tagOf(of)}
          </button>
        )}
        <button type="button" onClick={() => zoomTo({ from: at - 50, to: at + 50 })}>
          this time in the timeline
        </button>
      </div>
      <pre>{log.text[line]}</pre>
    </div>
  );
}
