/**
 * The time in ms since the epoch, by a clock that never goes back: setting the machine's clock while tg runs makes no
 * run shorter than nothing and no journal go backwards.
 */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}
