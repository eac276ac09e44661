import { duration } from '../format.ts';
import { goToTimeline } from '../select.ts';
import { choose, chosenLine, report, tagOf } from '../state.ts';
import { step } from '../view/address.ts';

/** The selected line in full. */
export function ChosenLine() {
  const { value: line } = chosenLine;
  const { log } = report.value;
  if (line === undefined || line >= log.at.length) return null;
  const of = log.of[line] ?? -1;
  return (
    <div class="chosen-line">
      <div class="tools">
        <strong>{tagOf(of)}</strong> at {duration(log.at[line] ?? 0)}
        {of >= 0 && (
          <button type="button" onClick={() => step(() => choose(of))}>
            all lines of {tagOf(of)}
          </button>
        )}
        <button type="button" onClick={() => goToTimeline(line)}>
          this time in the timeline
        </button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it may have to be scrolled with keys. */}
      <pre tabIndex={0}>{log.text[line]}</pre>
    </div>
  );
}
