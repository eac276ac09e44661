/** A sign as an SVG path in a square of 16 units. */
export interface Shape {
  readonly path: string;
  /** Whether the path is filled rather than drawn as a line. */
  readonly isFilled?: boolean;
}

/** The signs of a page. They are drawn, since a character may be missing in every installed font. */
export const signs = {
  check: { path: 'M3 8.5 6.5 12 13 4' },
  cross: { path: 'M3.5 3.5 12.5 12.5M12.5 3.5 3.5 12.5' },
  bang: { path: 'M8 2.5V9.2M8 12.8V13.2' },
  bangs: { path: 'M5 2.5V9.2M5 12.8V13.2M11 2.5V9.2M11 12.8V13.2' },
  clock: { path: 'M8 2a6 6 0 1 0 .01 0M8 4.8V8L10.5 9.5' },
  question: { path: 'M5 5.5a3 3 0 1 1 4.6 2.5C8.4 8.8 8 9.3 8 10.2M8 13.2V13.4' },
  never: { path: 'M8 2.5a5.5 5.5 0 1 0 .01 0M4.2 11.8 11.8 4.2' },
  dash: { path: 'M3 8H13' },
  play: { path: 'M4.5 3 13 8 4.5 13Z', isFilled: true },
  square: { path: 'M4 4H12V12H4Z', isFilled: true },
  dot: { path: 'M8 5.5a2.5 2.5 0 1 0 .01 0Z', isFilled: true },
  bolt: { path: 'M9 1.5 4 9H7.5L7 14.5 12 7H8.5Z', isFilled: true },
  diamond: { path: 'M8 2 14 8 8 14 2 8Z', isFilled: true },
  sun: {
    path: 'M8 5a3 3 0 1 0 .01 0M8 .9V2.3M8 13.7V15.1M.9 8H2.3M13.7 8H15.1M3 3 4 4M12 12 13 13M13 3 12 4M4 12 3 13',
  },
  moon: { path: 'M13.5 9.8A6 6 0 0 1 6.2 2.5a6 6 0 1 0 7.3 7.3Z', isFilled: true },
  open: { path: 'M3.5 6 8 10.5 12.5 6' },
  closed: { path: 'M6 3.5 10.5 8 6 12.5' },
} as const satisfies Readonly<Record<string, Shape>>;

export type SignName = keyof typeof signs;
