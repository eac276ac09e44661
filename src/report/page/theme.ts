import { signal } from '@preact/signals';

type Theme = 'light' | 'dark';

const asked = matchMedia('(prefers-color-scheme: dark)');

/** The theme chosen by the user, now or earlier; default: the system's. */
export const theme = signal<Theme>(remembered() ?? (asked.matches ? 'dark' : 'light'));

theme.subscribe(showTheme);

export function showTheme(its: Theme): void {
  document.documentElement.dataset['theme'] = its;
}

export function switchTheme(): void {
  theme.value = theme.value === 'dark' ? 'light' : 'dark';
  try {
    localStorage.setItem('tg-theme', theme.value);
  } catch {
    // A page from disk may not be allowed to use storage.
  }
}

function remembered(): Theme | undefined {
  try {
    const kept = localStorage.getItem('tg-theme');
    return kept === 'light' || kept === 'dark' ? kept : undefined;
  } catch {
    return undefined;
  }
}

/** Reads a colour of the current style sheet. */
export function pageColour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
