import type { Endpoint } from '../../sync/server/endpoint.ts';
import { type InstanceId, instanceTag } from './instance-id.ts';

/** An instance that has been started. */
export interface RunningInstance {
  readonly instance: InstanceId;
  readonly door: Endpoint;
  /** Undefined for one that is started by hand. */
  readonly pid: number | undefined;
}

/** All instances that have been started, and which of them still run. */
export class InstanceRegistry {
  readonly #enlisted = new Map<string, RunningInstance>();
  readonly #running = new Set<RunningInstance>();

  add(one: RunningInstance): void {
    this.#enlisted.set(instanceTag(one.instance), one);
    this.#running.add(one);
  }

  /** All that are to be started have been, or could not be. */
  complete = false;

  ended(one: RunningInstance): void {
    this.#running.delete(one);
  }

  get running(): ReadonlySet<RunningInstance> {
    return this.#running;
  }

  /** Undefined for one that has not been started. */
  find(instance: InstanceId): RunningInstance | undefined {
    return this.#enlisted.get(instanceTag(instance));
  }
}
