/**
 * The time in ms since the epoch, by a clock that never goes back: setting the machine's clock while tg runs makes no
 * run shorter than nothing and no journal go backwards.
 */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

/**
 * The time from one moment to another, in ms. It is never negative: moments that other processes have written down (another tg, an
 * instance, another machine) are by clocks that may have been set since.
 */
export function msBetween(from: number, to: number): number {
  return Math.max(0, to - from);
}
