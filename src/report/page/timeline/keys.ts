import { choose, chosen, pan, zoom, zoomBy } from '../state.ts';
import { rows } from './rows.ts';

const actions: Readonly<Record<string, () => void>> = {
  ArrowLeft: () => pan(-0.2),
  ArrowRight: () => pan(0.2),
  '+': () => zoomBy(0.5),
  '=': () => zoomBy(0.5),
  '-': () => zoomBy(2),
  Home: showAll,
  Escape: () => (chosen.value === undefined ? showAll() : choose(undefined)),
  ArrowUp: () => step(-1),
  ArrowDown: () => step(1),
  Enter: () => document.getElementById('log')?.scrollIntoView({ behavior: 'smooth' }),
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

/** Selects the row above or below. */
function step(by: number): void {
  const place = rows.value.findIndex(({ instance }) => instance === chosen.value);
  const next = rows.value[place === -1 ? 0 : place + by];
  if (next !== undefined) choose(next.instance);
}
