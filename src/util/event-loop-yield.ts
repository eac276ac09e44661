import { setImmediate } from 'node:timers/promises';

/** How long, in ms, a loop may block signals and timers. */
const longestMs = 50;

/**
 * For loops that may never wait: signals and timers run only between turns of the event loop.
 * @returns a function to call in each iteration; it returns undefined or, now and then, a promise to await.
 */
export function yieldRegularly(): () => Promise<void> | undefined {
  let last = performance.now();
  return () => {
    if (performance.now() - last < longestMs) return undefined;
    return setImmediate().then(() => {
      last = performance.now();
    });
  };
}
