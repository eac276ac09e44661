import type { ComponentChildren } from 'preact';
import { switchTheme, theme } from './theme.ts';

/** The frame of a page: its header with navigation and theme. */
export function Page({
  links,
  children,
}: {
  readonly links: readonly string[];
  readonly children: ComponentChildren;
}) {
  return (
    <>
      <header>
        <strong class="name">tg</strong>
        <nav aria-label="parts of this page">
          {links.map((link) => (
            <a key={link} href={`#${link}`}>
              {link}
            </a>
          ))}
        </nav>
        <button
          type="button"
          id="theme"
          onClick={switchTheme}
          aria-label={theme.value === 'dark' ? 'light colours' : 'dark colours'}
        >
          {theme.value === 'dark' ? '☀' : '☾'}
        </button>
      </header>
      <main>{children}</main>
    </>
  );
}
