import type { Style } from './drawing.ts';

/** A piece of a line as it is in a plot. */
export function Stroke({ style: { stroke, dash } }: { readonly style: Style }) {
  return (
    <svg width="26" height="8" aria-hidden="true">
      <line x1="0" y1="4" x2="26" y2="4" stroke={stroke} stroke-width="3" stroke-dasharray={dash.join()} />
    </svg>
  );
}
