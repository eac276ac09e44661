import { ObservationStore } from '../verdict/observations.ts';
import type { Emit, RunEvent } from './events.ts';
import { NetworkBook } from './network-counts.ts';

/** Receives every event of a run first and unmasked, and keeps what the verdict needs. */
export class EventCollector {
  readonly facts = new ObservationStore();
  readonly network = new NetworkBook();
  readonly #others: Emit[] = [];
  #givenUp: string | undefined;

  /** Why the run was given up; undefined if it was not. */
  get givenUp(): string | undefined {
    return this.#givenUp;
  }

  /** Adds a listener for the same events. */
  readonly listen = (other: Emit): void => {
    this.#others.push(other);
  };

  hear(event: RunEvent): void {
    this.facts.learn(event);
    if (event.type === 'network-configured') this.network.add(event.notApplied);
    if (event.type === 'given-up') this.#givenUp = event.why;
    for (const tell of this.#others) tell(event);
  }
}
