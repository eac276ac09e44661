import { readPoint } from '../influx/point.ts';

/** More is held of no point: a quote that is never closed takes no memory. */
const longestPoint = 1024 * 1024;

/** Puts the points of a `metrics.lp` together again that go over several lines: a line's end inside quotes belongs to them. */
export class PointLines {
  #held: string | undefined;

  /** @returns the lines that are whole, or that can never be. */
  add(lines: readonly string[]): string[] {
    return lines.flatMap((line) => {
      const all = this.#held === undefined ? line : `${this.#held}\n${line}`;
      this.#held = undefined;
      if (!all.includes('"') || all.length > longestPoint || readPoint(all) !== undefined) return [all];
      this.#held = all;
      return [];
    });
  }

  /** What was not to be completed. */
  rest(): string[] {
    return this.#held === undefined ? [] : [this.#held];
  }
}
