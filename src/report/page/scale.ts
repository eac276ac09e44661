import type { Span } from './state.ts';

/** From ms to pixels, and back. */
export interface Scale {
  x(ms: number): number;
  ms(x: number): number;
  readonly perPixel: number;
}

/** @param left where the span begins, and how many pixels it has. */
export function scaleOf({ from, to }: Span, left: number, width: number): Scale {
  const perPixel = (to - from) / Math.max(1, width);
  return {
    x: (ms) => left + (ms - from) / perPixel,
    ms: (x) => from + (x - left) * perPixel,
    perPixel,
  };
}

/** Round moments in a span, so that about so many pixels are between them, and how to write them. */
export function ticks({ from, to }: Span, { perPixel }: Scale, apart = 110) {
  const least = perPixel * apart;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].map((times) => times * power).find((each) => each >= least) ?? power * 10;
  const first = Math.ceil(from / step) * step;
  const count = Math.max(0, Math.floor((to - first) / step) + 1);
  return {
    at: Array.from({ length: count }, (_, index) => first + index * step),
    words: (ms: number) => tickWords(ms, step),
  };
}

/** How a round moment is written, with so many ms from one to the next: in as many digits as tell them apart. */
export function tickWords(ms: number, step: number): string {
  if (ms === 0) return '0';
  if (step >= 100 || ms >= 1_000) return `${(ms / 1_000).toFixed(decimalsOf(step / 1_000))} s`;
  return `${ms.toFixed(decimalsOf(step))} ms`;
}

/** As many as a number and its multiples have. */
function decimalsOf(step: number): number {
  const all = [0, 1, 2, 3, 4, 5, 6];
  return all.find((digits) => Math.abs(step * 10 ** digits - Math.round(step * 10 ** digits)) < 1e-6) ?? 6;
}
