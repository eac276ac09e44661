import type { Span } from '../state.ts';

/** Converts ms to pixels and back. */
export interface Scale {
  x(ms: number): number;
  ms(x: number): number;
  readonly perPixel: number;
}

/** @param left the position of the span's start, in pixels. @param width the width of the span, in pixels. */
export function scaleOf({ from, to }: Span, left: number, width: number): Scale {
  const perPixel = (to - from) / Math.max(1, width);
  return {
    x: (ms) => left + (ms - from) / perPixel,
    ms: (x) => from + (x - left) * perPixel,
    perPixel,
  };
}

/** Returns round times in a span, about `apart` pixels from each other, and how to format them. */
export function ticks({ from, to }: Span, { perPixel }: Scale, apart = 110) {
  const least = perPixel * apart;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].map((times) => times * power).find((each) => each >= least) ?? power * 10;
  const first = Math.ceil(from / step) * step;
  const count = Math.max(0, Math.floor((to - first) / step) + 1);
  return {
    at: Array.from({ length: count }, (_, index) => first + index * step),
    words: (ms: number) => tickText(ms, step),
  };
}

/** Formats a round time. @param step the interval in ms, which determines the number of digits. */
export function tickText(ms: number, step: number): string {
  if (ms === 0) return '0';
  if (step >= 100 || ms >= 1_000) return `${(ms / 1_000).toFixed(decimalsOf(step / 1_000))} s`;
  return `${ms.toFixed(decimalsOf(step))} ms`;
}

/** The number of decimals of a number and its multiples. */
function decimalsOf(step: number): number {
  const all = [0, 1, 2, 3, 4, 5, 6];
  return all.find((digits) => Math.abs(step * 10 ** digits - Math.round(step * 10 ** digits)) < 1e-6) ?? 6;
}
