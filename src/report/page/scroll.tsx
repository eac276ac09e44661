import type { ComponentChildren } from 'preact';

/** A box whose content may be scrolled, with keys too. */
export function Scroll({
  label,
  children,
}: {
  readonly label: string;
  readonly children: ComponentChildren;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it may have to be scrolled with keys.
    // biome-ignore lint/a11y/useSemanticElements: a section would be a part of the page.
    <div class="scroll" role="group" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}
