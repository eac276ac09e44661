import { type InstanceId, instanceTag } from '../../plan/instance-id.ts';
import type { InstanceHandle } from '../../runners/runner.ts';
import type { Endpoint } from '../../sync/server/endpoint.ts';

/** A started instance, as the registry knows it. */
export interface RunningInstance {
  readonly instance: InstanceId;
  readonly endpoint: Endpoint;
  readonly handle: InstanceHandle;
  /** Kills it, and returns a function that starts it again. @throws Error if it is down. */
  readonly takeDown: () => () => Promise<void>;
}

/** All started instances, and which of them still run. */
export class InstanceRegistry {
  readonly #started = new Map<string, RunningInstance>();
  readonly #running = new Set<RunningInstance>();

  add(one: RunningInstance): void {
    this.#started.set(instanceTag(one.instance), one);
    this.#running.add(one);
  }

  /** Whether the start of every instance has been attempted. */
  complete = false;

  ended(one: RunningInstance): void {
    this.#running.delete(one);
  }

  get running(): ReadonlySet<RunningInstance> {
    return this.#running;
  }

  /** Undefined if the instance has not been started. */
  find(instance: InstanceId): RunningInstance | undefined {
    return this.#started.get(instanceTag(instance));
  }
}
