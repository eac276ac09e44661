import type { Scale } from '../metrics/scale.ts';
import type { Span } from '../state.ts';
import { pageColour } from '../theme.ts';
import type { Row } from './rows.ts';

/** The layout of the timeline, in pixels. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  /** The height of a row. */
  readonly row: number;
  /** The space for names on the left and for the time axis at the top. */
  readonly left: number;
  readonly top: number;
  /** The scroll offset of the rows. */
  readonly scrolled: number;
}

/** What is drawn of the timeline. */
export interface Scene {
  readonly layout: Layout;
  readonly scale: Scale;
  readonly span: Span;
  readonly rows: readonly Row[];
  /** The highlighted instance. */
  readonly marked: number | undefined;
  /** The marked time, and the other end of a measured span. */
  readonly moment: number | undefined;
  readonly measured: number | undefined;
  /** The range being selected with the pointer. */
  readonly range: Span | undefined;
}

/** The colours of the current theme. */
export interface Inks {
  readonly ink: string;
  readonly faint: string;
  readonly quiet: string;
  readonly paper: string;
  readonly chosen: string;
  readonly range: string;
  readonly link: string;
}

export function inksOfPage(): Inks {
  return {
    ink: pageColour('--ink'),
    faint: pageColour('--faint'),
    quiet: pageColour('--quiet'),
    paper: pageColour('--paper'),
    chosen: pageColour('--chosen'),
    range: pageColour('--range'),
    link: pageColour('--link'),
  };
}

/** The vertical middle of a row's bar. */
export function middleOf({ row, top, scrolled }: Layout, place: number): number {
  return top + place * row - scrolled + barOf(row) / 2;
}

/** The height of a bar in a row. */
export function barOf(row: number): number {
  return Math.max(1, row - Math.max(1, row * 0.25));
}
