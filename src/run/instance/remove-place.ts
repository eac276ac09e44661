import { type InstanceId, instanceTag } from '../../plan/instance-id.ts';
import type { Placement } from '../../runners/runner.ts';
import { messageOf } from '../../util/errors.ts';
import type { RunContext } from '../context.ts';

/** Disposes of a place; a failure is a warning. */
export async function removePlace(
  run: Pick<RunContext, 'emit'>,
  instance: InstanceId,
  placement: Placement,
): Promise<void> {
  try {
    await placement[Symbol.asyncDispose]();
  } catch (error) {
    const text = `${instanceTag(instance)}: its place could not be removed: ${messageOf(error)}`;
    run.emit({ type: 'notice', level: 'WARN', text });
  }
}
