/**
 * The time in ms since the epoch, from a monotonic clock: setting the system clock during a run causes neither negative
 * durations nor journal entries out of order.
 */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

/**
 * The time between two moments, in ms, never negative. Moments recorded by other processes (another tg, an instance,
 * another machine) come from clocks that may have been set since.
 */
export function msBetween(from: number, to: number): number {
  return Math.max(0, to - from);
}
