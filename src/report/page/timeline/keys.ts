import { isSelected, selectNothing } from '../select.ts';
import { choose, chosen, measured, moment, pan, zoom, zoomBy } from '../state.ts';
import { goTo } from '../view/address.ts';
import { rows } from './rows.ts';

const actions: Readonly<Record<string, () => void>> = {
  ArrowLeft: () => pan(-0.2),
  ArrowRight: () => pan(0.2),
  '+': () => zoomBy(0.5),
  '=': () => zoomBy(0.5),
  '-': () => zoomBy(2),
  Home: showAll,
  Escape: () => (isSelected() ? selectNothing() : showAll()),
  ArrowUp: () => step(-1),
  ArrowDown: () => step(1),
  Enter: () => goTo('log'),
  m: measureFromMoment,
};

export function onTimelineKey(event: KeyboardEvent): void {
  const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : actions[event.key];
  if (act === undefined) return;
  event.preventDefault();
  act();
}

function showAll(): void {
  zoom.value = undefined;
}

/** Measures from the marked time on: the next selected line or point is the other end. */
export function measureFromMoment(): void {
  measured.value = measured.value === moment.value ? undefined : moment.value;
}

/** Selects the row above or below. */
function step(by: number): void {
  const place = rows.value.findIndex(({ instance }) => instance === chosen.value);
  const next = rows.value[place === -1 ? 0 : place + by];
  if (next !== undefined) choose(next.instance);
}
