import { type InstanceId, instanceTag } from '../../plan/instance-id.ts';
import type { Placement } from '../../runners/runner.ts';
import { cleanUp } from '../clean-up.ts';
import type { RunContext } from '../context.ts';

/** Disposes of a place; a failure is a warning. */
export async function removePlace(
  run: Pick<RunContext, 'emit'>,
  instance: InstanceId,
  placement: Placement,
): Promise<void> {
  const problem = `${instanceTag(instance)}: its place could not be removed`;
  await cleanUp(run.emit, problem, () => placement[Symbol.asyncDispose]());
}
