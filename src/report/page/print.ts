import { batch, signal } from '@preact/signals';
import { options } from 'preact';
import { showTheme, theme } from './theme.ts';

/** Whether the page is being printed: then it shows everything, on white. */
export const printing = signal(false);

/** Shows all of the page while it is printed. A browser prints as soon as its event has been handled. */
export function followPrinting(): void {
  addEventListener('beforeprint', () => {
    showTheme('light');
    renderNow(() => (printing.value = true));
  });
  addEventListener('afterprint', () => {
    showTheme(theme.value);
    renderNow(() => (printing.value = false));
  });
}

/** Makes a change, and renders it before it returns. */
function renderNow(change: () => void): void {
  const before = options.debounceRendering;
  options.debounceRendering = (render) => render();
  try {
    batch(change);
  } finally {
    if (before === undefined) delete options.debounceRendering;
    else options.debounceRendering = before;
  }
}
