import { batch, effect } from '@preact/signals';

/** A part of the view that the address of the page contains, as text; undefined for the default. */
export interface Field {
  readonly key: string;
  write(): string | undefined;
  read(text: string | undefined): void;
}

const fields: Field[] = [];

/** How long changes of the view are collected before they are written, in ms: browsers limit how often. */
const writeEvery = 250;

/** The part of the page that was gone to last. */
let section = '';
let timer: ReturnType<typeof setTimeout> | undefined;

/** Makes a part of the view a part of the address, which is read in the order of these calls. */
export function inAddress(...more: readonly Field[]): void {
  fields.push(...more);
}

/** Keeps the address and the view up to date with each other. */
export function followAddress(): void {
  addEventListener('popstate', readAddress);
  effect(() => {
    addressOf();
    timer ??= setTimeout(() => write('replace'), writeEvery);
  });
  document.getElementById(section)?.scrollIntoView();
}

/** Changes the view such that the browser's Back button shows the view from before. */
export function step(change: () => void): void {
  write('replace');
  batch(change);
  write('push');
}

/** Scrolls to a part of the page, as a step. */
export function goTo(id: string): void {
  step(() => {
    section = id;
  });
  const isQuiet = matchMedia('(prefers-reduced-motion: reduce)').matches;
  document.getElementById(id)?.scrollIntoView({ behavior: isQuiet ? 'instant' : 'smooth' });
}

/** Shows the view that the address describes. */
export function readAddress(): void {
  const [, id = '', text = ''] = /^#([^?]*)\??(.*)$/.exec(location.hash) ?? [];
  section = id;
  const values = new URLSearchParams(text);
  batch(() => {
    for (const { key, read } of fields) read(values.get(key) ?? undefined);
  });
}

function addressOf(): string {
  const values = new URLSearchParams();
  for (const { key, write: textOf } of fields) {
    const text = textOf();
    if (text !== undefined) values.set(key, text);
  }
  const text = values.toString();
  return text === '' ? `#${section}` : `#${section}?${text}`;
}

function write(how: 'push' | 'replace'): void {
  clearTimeout(timer);
  timer = undefined;
  const address = addressOf();
  if (address === (location.hash === '' ? '#' : location.hash)) return;
  try {
    if (how === 'push') history.pushState(null, '', address);
    else history.replaceState(null, '', address);
  } catch {
    // Some browsers limit how often an address may change; the next change writes it.
  }
}
