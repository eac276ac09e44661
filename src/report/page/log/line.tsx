import { lineKinds } from '../../data.ts';
import { goToTimeline, selectLine } from '../select.ts';
import { chosenLine, report, tagOf } from '../state.ts';
import { step } from '../view/address.ts';
import { query } from './search.ts';

/** The ID of a line's element. */
export function lineId(line: number): string {
  return `line-${line}`;
}

/** The maximum number of characters of a line shown in its row. */
const maxCharacters = 400;
/** The number of characters shown before a match. */
const before = 60;

/**
 * A line of the log in its row. A long line, or one with several lines, is shown in full below when it is selected.
 */
export function LogLine({ line }: { readonly line: number }) {
  const { log } = report.value;
  const kind = lineKinds[log.kind[line] ?? 0] ?? 'OTHER';
  const isChosen = chosenLine.value === line;
  // These kinds do not contain a time themselves.
  const isTimed = kind !== 'OTHER' && kind !== 'ERROR';
  const time = ((log.at[line] ?? 0) / 1_000).toFixed(4);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list takes the keys.
    // biome-ignore lint/a11y/useFocusableInteractive: the list has the focus.
    <div
      role="option"
      id={lineId(line)}
      aria-selected={isChosen}
      class={`line of-${kind}${isChosen ? ' chosen' : ''}`}
      onClick={({ target }) => {
        if (target instanceof Element && target.classList.contains('time')) goToTimeline(line);
        else step(() => selectLine(line));
      }}
    >
      <span class="time" title="show in the timeline">
        {isTimed ? time : `~${time}`}
      </span>
      <span class={`kind-name ${kind}`}>{kind}</span>
      <span class="tag">{tagOf(log.of[line] ?? -1)}</span>
      <Marked text={log.text[line] ?? ''} />
    </div>
  );
}

/** The part of a text that fits into a row, with matches highlighted. */
function Marked({ text }: { readonly text: string }) {
  const patterns = query.value?.wanted ?? [];
  const first = Math.min(
    ...patterns.map((pattern) => hitsOf(text, pattern)[0]?.from ?? Number.POSITIVE_INFINITY),
  );
  const from = first !== Number.POSITIVE_INFINITY && first > maxCharacters - before ? first - before : 0;
  const part = text.slice(from, from + maxCharacters).replaceAll('\n', ' ¶ ');
  return (
    <span class="text">
      {from > 0 && '… '}
      {marked(part, patterns)}
      {from + maxCharacters < text.length && ' …'}
    </span>
  );
}

function marked(text: string, patterns: readonly RegExp[]) {
  const hits = patterns.flatMap((pattern) => hitsOf(text, pattern)).sort((a, b) => a.from - b.from);
  const parts: (string | preact.JSX.Element)[] = [];
  let after = 0;
  for (const { from, to } of hits) {
    if (from < after) continue;
    parts.push(text.slice(after, from), <mark key={from}>{text.slice(from, to)}</mark>);
    after = to;
  }
  return [...parts, text.slice(after)];
}

/** Returns the matches of a pattern in a text, without empty ones. */
function hitsOf(text: string, pattern: RegExp) {
  pattern.lastIndex = 0;
  return [...text.matchAll(pattern)]
    .map(({ index, 0: hit }) => ({ from: index, to: index + hit.length }))
    .filter(({ from, to }) => to > from);
}
