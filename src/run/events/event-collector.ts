import { NetworkBook } from '../network-book.ts';
import { ObservationStore } from '../verdict/observations.ts';
import type { Emit, RunEvent } from './events.ts';

/** Hears all that happens in a run, as it was said and before anybody else, and knows what it amounts to. */
export class EventCollector {
  readonly facts = new ObservationStore();
  readonly network = new NetworkBook();
  readonly #others: Emit[] = [];
  #givenUp: string | undefined;

  /** Why the run was given up, if it was. */
  get givenUp(): string | undefined {
    return this.#givenUp;
  }

  /** Others who are to hear the same. */
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
