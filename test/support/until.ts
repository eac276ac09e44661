import { setTimeout as pause } from 'node:timers/promises';

/**
 * Waits until a condition holds, for as long as a test may take. Pauses between checks, because what brings it about
 * needs the processor, too.
 */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await pause(20);
}
