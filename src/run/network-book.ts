import type { SidecarMode } from '../plan/run-spec.ts';
import type { RunEvent } from './events.ts';
import type { RunResult } from './result.ts';

/** So many different things that were not applied are named: a plan may ask for another one each time. */
const mostNamed = 100;
const others = 'other things';

/** What was asked of the sidecar, gathered from a run's events. */
export class NetworkBook {
  #configured = 0;
  #notAsAsked = 0;
  readonly #notApplied = new Map<string, number>();

  learn(event: RunEvent): void {
    if (event.type !== 'network-configured') return;
    this.#configured++;
    if (event.notApplied.length > 0) this.#notAsAsked++;
    for (const words of event.notApplied) this.#count(words);
  }

  #count(words: string): void {
    const isNamed = this.#notApplied.has(words) || this.#notApplied.size < mostNamed;
    const name = isNamed ? words : others;
    this.#notApplied.set(name, (this.#notApplied.get(name) ?? 0) + 1);
  }

  /** For the result; null where no group had a sidecar. */
  result(modes: readonly SidecarMode[]): RunResult['network'] {
    if (modes.every((mode) => mode === 'none')) return null;
    return {
      configured: this.#configured,
      not_as_asked: this.#notAsAsked,
      not_applied: Object.fromEntries(this.#notApplied),
    };
  }
}
