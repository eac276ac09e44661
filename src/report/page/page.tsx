import type { ComponentChildren } from 'preact';
import { Sign } from './sign.tsx';
import { switchTheme, theme } from './theme.ts';
import { goTo } from './view/address.ts';

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
            <a
              key={link}
              href={`#${link}`}
              onClick={(event) => {
                event.preventDefault();
                goTo(link);
              }}
            >
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
          <Sign name={theme.value === 'dark' ? 'sun' : 'moon'} />
        </button>
      </header>
      <main>{children}</main>
    </>
  );
}
