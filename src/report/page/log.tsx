import { useEffect, useRef, useState } from 'preact/hooks';
import { type LineKind, lineKinds } from '../data.ts';
import { found, pattern } from './log-search.ts';
import { kindColours } from './looks.ts';
import { choose, chosen, chosenLine, logFilter, report, tagOf, zoom, zoomTo } from './state.ts';
import { duration, many } from './words.ts';

/** Of a line, in pixels. All are alike: thousands are scrolled without measuring them. */
const lineHeight = 21;

/** What all instances said, in the order of time. */
export function LogView() {
  return (
    <section id="log" aria-labelledby="log-title">
      <h2 id="log-title">Log</h2>
      <Filters />
      <Lines />
      <ChosenLine />
    </section>
  );
}

function Filters() {
  const { groups, log } = report.value;
  const filter = logFilter.value;
  const present = lineKinds.filter((_, kind) => log.kind.includes(kind));
  const change = (changes: Partial<typeof filter>) => {
    logFilter.value = { ...logFilter.value, ...changes };
  };
  const toggle = (kind: LineKind) => {
    const kinds = new Set(filter.kinds ?? present);
    if (!kinds.delete(kind)) kinds.add(kind);
    change({ kinds: kinds.size === present.length ? undefined : kinds });
  };
  return (
    <div class="tools">
      <input
        id="search"
        type="search"
        placeholder="search: text, single[003], /reg.*exp/"
        aria-label="search the log"
        aria-invalid={pattern.value === undefined}
        value={filter.text}
        onInput={({ currentTarget }) => change({ text: currentTarget.value })}
      />
      {groups.length > 1 && (
        <select
          aria-label="group"
          value={filter.group ?? ''}
          onChange={({ currentTarget: { value } }) =>
            change({ group: value === '' ? undefined : Number(value) })
          }
        >
          <option value="">all groups</option>
          {groups.map(({ id }, place) => (
            <option key={id} value={place}>
              {id}
            </option>
          ))}
        </select>
      )}
      <span class="kinds">
        {present.map((kind) => (
          <button
            type="button"
            key={kind}
            class="kind"
            aria-pressed={filter.kinds?.has(kind) ?? true}
            onClick={() => toggle(kind)}
          >
            {kind}
          </button>
        ))}
      </span>
      {chosen.value !== undefined && (
        <button type="button" onClick={() => choose(undefined)} aria-label="all instances again">
          only {tagOf(chosen.value)} ✕
        </button>
      )}
      {zoom.value !== undefined && (
        <label>
          <input
            type="checkbox"
            checked={filter.onlyShown}
            onChange={({ currentTarget }) => change({ onlyShown: currentTarget.checked })}
          />{' '}
          only the time above
        </label>
      )}
      <output class="hint">
        {found.value.length === log.at.length
          ? many(log.at.length, 'line')
          : `${found.value.length.toLocaleString('en')} of ${many(log.at.length, 'line')}`}
      </output>
    </div>
  );
}

function Lines() {
  const box = useRef<HTMLDivElement>(null);
  const [scrolled, setScrolled] = useState(0);
  const [height, setHeight] = useState(400);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setHeight(entry?.contentRect.height ?? 400));
    if (box.current !== null) observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  const lines = found.value;
  const first = Math.max(0, Math.floor(scrolled / lineHeight) - 10);
  const last = Math.min(lines.length, Math.ceil((scrolled + height) / lineHeight) + 10);
  const move = (by: number) => {
    const place = lines.indexOf(chosenLine.value ?? -1);
    const next = Math.min(lines.length - 1, Math.max(0, place === -1 ? 0 : place + by));
    chosenLine.value = lines[next];
    const top = next * lineHeight;
    if (box.current === null) return;
    if (top < box.current.scrollTop) box.current.scrollTop = top;
    if (top + lineHeight > box.current.scrollTop + height) box.current.scrollTop = top + lineHeight - height;
  };
  return (
    <div
      ref={box}
      class="lines"
      role="listbox"
      aria-label="lines of the log"
      tabIndex={0}
      onScroll={({ currentTarget }) => setScrolled(currentTarget.scrollTop)}
      onKeyDown={(event) => {
        const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 20, PageUp: -20 }[event.key];
        if (by === undefined) return;
        event.preventDefault();
        move(by);
      }}
    >
      <div style={{ height: `${lines.length * lineHeight}px` }}>
        <div style={{ transform: `translateY(${first * lineHeight}px)` }}>
          {lines.slice(first, last).map((line) => (
            <Line key={line} line={line} />
          ))}
        </div>
      </div>
    </div>
  );
}

function Line({ line }: { readonly line: number }) {
  const { log } = report.value;
  const kind = lineKinds[log.kind[line] ?? 0] ?? 'OTHER';
  const of = log.of[line] ?? -1;
  const isChosen = chosenLine.value === line;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list takes the keys.
    // biome-ignore lint/a11y/useFocusableInteractive: the list has the focus.
    <div
      role="option"
      aria-selected={isChosen}
      class={isChosen ? 'line chosen' : 'line'}
      onClick={() => {
        chosenLine.value = isChosen ? undefined : line;
      }}
    >
      <span class="time">{((log.at[line] ?? 0) / 1_000).toFixed(4)}</span>
      <span class="kind-name" style={{ color: kindColours[kind] ?? 'inherit' }}>
        {kind}
      </span>
      <span class="tag">{tagOf(of)}</span>
      <Marked text={(log.text[line] ?? '').slice(0, 400)} />
    </div>
  );
}

/** A text with what was searched for marked. */
function Marked({ text }: { readonly text: string }) {
  const { value: wanted } = pattern;
  if (logFilter.value.text === '' || wanted === undefined) return <span class="text">{text}</span>;
  const parts: preact.JSX.Element[] = [];
  let after = 0;
  for (const match of text.matchAll(wanted)) {
    if (match[0] === '') break;
    parts.push(
      <span key={after}>{text.slice(after, match.index)}</span>,
      <mark key={-match.index - 1}>{match[0]}</mark>,
    );
    after = match.index + match[0].length;
  }
  return (
    <span class="text">
      {parts}
      {text.slice(after)}
    </span>
  );
}

/** All of a line. */
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
