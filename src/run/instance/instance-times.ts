import { type InstanceId, instanceTag } from '../../plan/instance-id.ts';
import type { RunEvent } from '../events/events.ts';

/** The duration of each instance, from the run's events. Reset when the next run is queued. */
export class InstanceTimes {
  readonly #started = new Map<string, number>();
  readonly #tookMs = new Map<string, number>();

  learn(event: RunEvent): void {
    if (event.type === 'run-queued') {
      this.#started.clear();
      this.#tookMs.clear();
    }
    if (event.type === 'instance-started' || event.type === 'instance-held')
      this.#started.set(instanceTag(event.instance), performance.now());
    if (event.type !== 'instance-exited') return;
    const tag = instanceTag(event.instance);
    const since = this.#started.get(tag);
    if (since !== undefined) this.#tookMs.set(tag, performance.now() - since);
  }

  /** In ms; 0 for an instance that was not started. */
  of(instance: InstanceId): number {
    return this.#tookMs.get(instanceTag(instance)) ?? 0;
  }
}
