import { lineKinds } from '../../data.ts';
import { duration } from '../format.ts';
import { goToLog, selectNothing } from '../select.ts';
import { chosenLine, marked, measured, moment, report, tagOf } from '../state.ts';
import { measureFromMoment } from './keys.ts';

/** The maximum number of characters of a line below the timeline. */
const maxCharacters = 200;

/** What is marked in the timeline, as text, and the way to it in the log. */
export function Moment() {
  const { log } = report.value;
  const { value: at } = moment;
  const { value: line } = chosenLine;
  const { value: of } = marked;
  if (at === undefined) return null;
  return (
    <div class="tools moment">
      <strong>{of === undefined ? 'tg' : tagOf(of)}</strong> at {duration(at)}
      {measured.value !== undefined && (
        <output class="measured">
          {duration(Math.abs(measured.value - at))} {measured.value > at ? 'before' : 'after'}{' '}
          {duration(measured.value)}
        </output>
      )}
      {line !== undefined && (
        <span class="said">
          <span class={lineKinds[log.kind[line] ?? 0]}>{lineKinds[log.kind[line] ?? 0]}</span>{' '}
          {(log.text[line] ?? '').slice(0, maxCharacters)}
        </span>
      )}
      {line !== undefined && (
        <button type="button" onClick={goToLog}>
          in the log
        </button>
      )}
      <button type="button" aria-pressed={measured.value !== undefined} onClick={toggleMeasuring}>
        measure from here
      </button>
      <button type="button" onClick={selectNothing}>
        clear
      </button>
    </div>
  );
}

function toggleMeasuring(): void {
  if (measured.value === undefined) measureFromMoment();
  else measured.value = undefined;
}
