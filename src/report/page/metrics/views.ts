import { signal } from '@preact/signals';
import type { Metric } from '../../data.ts';
import { inAddress } from '../view/address.ts';
import { type ChosenView, unchanged, viewsIn, viewsText } from './view-text.ts';

/** The views that differ from the one that a page opens with, by metric. */
const views = signal<ReadonlyMap<string, ChosenView>>(new Map());

export function keyOf({ source, type, name }: Metric): string {
  return `${source} ${type} ${name}`;
}

export function viewOf(metric: Metric): ChosenView {
  return views.value.get(keyOf(metric)) ?? unchanged;
}

export function changeView(metric: Metric, change: Partial<ChosenView>): void {
  views.value = new Map([...views.value, [keyOf(metric), { ...viewOf(metric), ...change }]]);
}

inAddress({
  key: 'plots',
  write: () => viewsText(views.value) || undefined,
  read: (text = '') => {
    views.value = viewsIn(text);
  },
});
