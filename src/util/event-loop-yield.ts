import { setImmediate } from 'node:timers/promises';

/** How long, in ms, a loop may run before signals and timers are heard. */
const longestMs = 50;

/**
 * For a loop that may never wait for anything: signals and timers are heard between turns of the event loop alone.
 * @returns what the loop calls each time round: undefined, or now and then a promise to await.
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
