import { signal } from '@preact/signals';

type Theme = 'light' | 'dark';

const asked = matchMedia('(prefers-color-scheme: dark)');

/** What a person chose, on this page or before; otherwise what the system says. */
export const theme = signal<Theme>(remembered() ?? (asked.matches ? 'dark' : 'light'));

theme.subscribe((now) => {
  document.documentElement.dataset['theme'] = now;
});

export function switchTheme(): void {
  theme.value = theme.value === 'dark' ? 'light' : 'dark';
  try {
    localStorage.setItem('tg-theme', theme.value);
  } catch {
    // A page from disk may not be allowed to keep anything.
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

/** A colour of the page, as its style sheet says it now. */
export function pageColour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
