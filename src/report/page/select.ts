import { found } from './log/search.ts';
import {
  chosen,
  chosenLine,
  logFilter,
  marked,
  measured,
  moment,
  report,
  shown,
  zoom,
  zoomTo,
} from './state.ts';
import { goTo, step } from './view/address.ts';

/** Selects a line of the log, and marks its time on the timeline. */
export function selectLine(line: number | undefined): void {
  chosenLine.value = line;
  moment.value = line === undefined ? undefined : report.value.log.at[line];
  if (moment.value !== undefined) showTime(moment.value);
}

/** Marks a time of an instance, and selects the last line that it had printed by then. */
export function selectPoint(instance: number, ms: number): void {
  chosen.value = instance;
  chosenLine.value = lineBy(instance, ms);
  moment.value = ms;
}

/** Shows where a line is on the timeline. */
export function goToTimeline(line: number): void {
  step(() => selectLine(line));
  goTo('timeline');
}

/** Shows the selected line in the log; all lines if the filters hide it. */
export function goToLog(): void {
  const { value: line } = chosenLine;
  if (line !== undefined && !found.value.includes(line))
    step(() => {
      logFilter.value = { text: '', group: undefined, kinds: undefined, onlyChosen: false, onlyShown: false };
    });
  goTo('log');
}

export function selectNothing(): void {
  chosenLine.value = undefined;
  moment.value = undefined;
  measured.value = undefined;
  chosen.value = undefined;
  logFilter.value = { ...logFilter.value, onlyChosen: false };
}

export function isSelected(): boolean {
  return marked.value !== undefined || moment.value !== undefined || measured.value !== undefined;
}

/** Moves the visible span to a time outside of it. */
function showTime(ms: number): void {
  if (zoom.value === undefined) return;
  const { from, to } = shown.value;
  if (ms < from || ms > to) zoomTo({ from: ms - (to - from) / 2, to: ms + (to - from) / 2 });
}

/** The line of an instance at a time: the last one until then, else its first one. */
function lineBy(instance: number, ms: number): number | undefined {
  const { at, of } = report.value.log;
  let last: number | undefined;
  for (const line of found.value) {
    if (of[line] !== instance) continue;
    if ((at[line] ?? 0) > ms) return last ?? line;
    last = line;
  }
  if (last !== undefined) return last;
  // The filters hide all lines of it.
  const line = of.findLastIndex((each, place) => each === instance && (at[place] ?? 0) <= ms);
  return line === -1 ? undefined : line;
}
