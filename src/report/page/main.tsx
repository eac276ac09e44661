import { render } from 'preact';
import type { Report } from '../data.ts';
import { ComparisonPage } from './comparison-page.tsx';
import { follow } from './live.ts';
import { followPrinting } from './print.ts';
import { RunPage } from './run-page.tsx';
import { SeriesPage } from './series/series-page.tsx';
import { axis, series } from './series/state.ts';
import { report } from './state.ts';
import { followAddress, readAddress } from './view/address.ts';
import './view/fields.ts';

const place = document.getElementById('page');
const data = document.getElementById('data');
if (place === null || data === null) throw new Error('this page is incomplete');
const its = JSON.parse(data.textContent ?? '') as Report;
place.textContent = '';
if (its.kind === 'comparison') {
  render(<ComparisonPage comparison={its} />, place);
} else if (its.kind === 'series') {
  series.value = its;
  axis.value = its.axes.length === 0 ? undefined : 0;
  render(<SeriesPage />, place);
} else {
  report.value = its;
  readAddress();
  render(<RunPage />, place);
  followAddress();
  if (data.dataset['live'] !== undefined) void follow();
}

followPrinting();

document.addEventListener('keydown', (event) => {
  const isTyping = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
  if (event.key !== '/' || isTyping) return;
  event.preventDefault();
  document.getElementById('search')?.focus();
});
