import type { Door } from '../sync/doors/door.ts';
import { type InstanceId, instanceTag } from './instance-id.ts';

/** An instance that has been started. */
export interface Enlisted {
  readonly instance: InstanceId;
  readonly door: Door;
  /** Undefined for one that is started by hand. */
  readonly pid: number | undefined;
}

/** All instances that have been started, and which of them still run. */
export class Roster {
  readonly #enlisted = new Map<string, Enlisted>();
  readonly #running = new Set<Enlisted>();

  add(one: Enlisted): void {
    this.#enlisted.set(instanceTag(one.instance), one);
    this.#running.add(one);
  }

  /** All that are to be started have been, or could not be. */
  complete = false;

  ended(one: Enlisted): void {
    this.#running.delete(one);
  }

  get running(): ReadonlySet<Enlisted> {
    return this.#running;
  }

  /** Undefined for one that has not been started. */
  find(instance: InstanceId): Enlisted | undefined {
    return this.#enlisted.get(instanceTag(instance));
  }
}
