import { MachineSamples } from '../machine/machine-summary.ts';
import type { StallSnapshot } from '../stall/stall-record.ts';
import { ObservationStore } from '../verdict/observations.ts';
import type { Emit, RunEvent } from './events.ts';
import { FaultCounts } from './fault-counts.ts';
import { NetworkCounts } from './network-counts.ts';

/** Receives every event of a run first and unmasked, and keeps what the verdict needs. */
export class EventCollector {
  readonly facts = new ObservationStore();
  readonly network = new NetworkCounts();
  readonly faults = new FaultCounts();
  readonly machine = new MachineSamples();
  readonly #listeners: Emit[] = [];
  #abandonReason: string | undefined;
  #snapshot: StallSnapshot | undefined;

  /** Why the run was abandoned; undefined if it was not. */
  get abandonReason(): string | undefined {
    return this.#abandonReason;
  }

  /** Which instances waited for what when there was last no activity, or when the run was ended. */
  get snapshot(): StallSnapshot | undefined {
    return this.#snapshot;
  }

  /** Adds a listener for the same events. */
  readonly listen = (other: Emit): void => {
    this.#listeners.push(other);
  };

  onEvent(event: RunEvent): void {
    this.facts.learn(event);
    if (event.type === 'network-configured') this.network.add(event.notApplied);
    if (event.type === 'fault') this.faults.add(event);
    if (event.type === 'network-measured') this.network.measured = event.measured;
    if (event.type === 'machine') this.machine.add(event);
    if (event.type === 'abandoned') this.#abandonReason = event.why;
    if (event.type === 'stalled' || event.type === 'snapshot') this.#snapshot = event.snapshot;
    if (event.type === 'resumed') this.#snapshot = undefined;
    for (const listener of this.#listeners) listener(event);
  }
}
