import { ChosenLine } from './chosen-line.tsx';
import { LogFilters } from './filters.tsx';
import { Lines } from './lines.tsx';
import { found } from './search.ts';

/** The log of all instances, in the order of time. */
export function LogView() {
  return (
    <section id="log" aria-labelledby="log-title">
      <h2 id="log-title">Log</h2>
      <LogFilters />
      {found.value.length > 0 && <Lines />}
      <ChosenLine />
      <p class="hint">
        Click a line to select it, and its time to go to the timeline; keys: arrows, Enter for the timeline.
        ~: a line that is not an event has no time of its own. It follows the line before it; lines on stderr
        are at their instance’s end.
      </p>
    </section>
  );
}
