import { render } from 'preact';
import type { Report } from '../data.ts';
import { ComparisonPage } from './comparison-page.tsx';
import { follow } from './live.ts';
import { followPrinting } from './print.ts';
import { RunPage } from './run-page.tsx';
import { SeriesPage } from './series/series-page.tsx';
import { series } from './series/state.ts';
import { report } from './state.ts';
import { followAddress, readAddress } from './view/address.ts';
import './view/fields.ts';

const place = document.getElementById('page');
const data = document.getElementById('data');
if (place === null || data === null) throw new Error('this page is incomplete');
const its = JSON.parse(data.textContent ?? '') as Report;
place.textContent = '';
if (its.kind === 'series') {
  series.value = its;
} else if (its.kind === 'run') {
  report.value = its;
}
readAddress();
render(pageOf(its), place);
followAddress();
followPrinting();
if (data.dataset['live'] !== undefined) void follow();

function pageOf(its: Report) {
  if (its.kind === 'comparison') return <ComparisonPage comparison={its} />;
  return its.kind === 'series' ? <SeriesPage /> : <RunPage />;
}

document.addEventListener('keydown', (event) => {
  const isTyping = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
  if (event.key !== '/' || isTyping) return;
  event.preventDefault();
  document.getElementById('search')?.focus();
});
