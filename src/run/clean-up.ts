import { messageOf } from '../util/errors.ts';
import type { Emit } from './events/events.ts';

/**
 * Cleans up after a run or an instance. A failure is a warning: it changes no verdict.
 * @param problem the start of the warning, before the reason.
 */
export async function cleanUp(emit: Emit, problem: string, act: () => PromiseLike<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    emit({ type: 'notice', level: 'WARN', text: `${problem}: ${messageOf(error)}` });
  }
}
