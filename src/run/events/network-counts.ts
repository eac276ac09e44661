import { type NetworkMeasured, networkProblems } from '../../network/measured.ts';
import type { Pair, PairCounts } from '../../network/peers.ts';
import type { SidecarMode } from '../../plan/run-spec.ts';
import type { MeasuredNetwork, MeasuredPairs, RunResult } from '../verdict/result.ts';

/** At most this many different settings are named: a plan may ask for a new one each time. */
const maxNamed = 100;
const others = 'other settings';

/** Counts network configurations and their unsupported settings, from a run's events. */
export class NetworkCounts {
  #configured = 0;
  #notAsAsked = 0;
  readonly #notApplied = new Map<string, number>();
  /** What the network has done; undefined if it was not measured. */
  measured: NetworkMeasured | undefined;

  /**
   * Counts a configuration.
   * @param notApplied its settings that were not applied, as text.
   */
  add(notApplied: readonly string[]): void {
    this.#configured++;
    if (notApplied.length > 0) this.#notAsAsked++;
    for (const text of notApplied) this.#count(text);
  }

  #count(text: string): void {
    const isNamed = this.#notApplied.has(text) || this.#notApplied.size < maxNamed;
    const name = isNamed ? text : others;
    this.#notApplied.set(name, (this.#notApplied.get(name) ?? 0) + 1);
  }

  /** The number of configurations with settings that were not applied. */
  get notAsAsked(): number {
    return this.#notAsAsked;
  }

  /** For the result; null if no group had a sidecar. */
  result(modes: readonly SidecarMode[]): RunResult['network'] {
    return modes.every((mode) => mode === 'none') ? null : this.counts();
  }

  /** The counts so far. */
  counts(): NonNullable<RunResult['network']> {
    return {
      configured: this.#configured,
      not_as_asked: this.#notAsAsked,
      not_applied: Object.fromEntries(this.#notApplied),
      measured: this.measured === undefined ? null : asResult(this.measured),
    };
  }
}

/** What a network has done, as in a result. */
function asResult(measured: NetworkMeasured): MeasuredNetwork {
  const { engine, links, lateness, missed, peers } = measured;
  return {
    engine,
    problems: networkProblems(measured),
    lateness_ms: lateness ?? null,
    missed,
    links: links.map(({ instance, sentBytes, receivedBytes, strayed, ...counts }) => ({
      ...{ group: instance.group, index: instance.index },
      ...counts,
      strayed: strayed ?? null,
      sent_bytes: sentBytes,
      received_bytes: receivedBytes,
    })),
    peers:
      peers === undefined
        ? null
        : { pairs: columns(peers.pairs), unlisted: peers.unlisted, groups: columns(peers.groups) },
  };
}

function columns<Who>(pairs: readonly Pair<Who>[]): MeasuredPairs<Who> {
  const column = (name: keyof PairCounts) => pairs.map((pair) => pair[name]);
  return {
    from: pairs.map(({ from }) => from),
    to: pairs.map(({ to }) => to),
    sent: column('sent'),
    sent_bytes: column('sentBytes'),
    received: column('received'),
    received_bytes: column('receivedBytes'),
    lost: column('lost'),
    overflowed: column('overflowed'),
    unasked: column('unasked'),
  };
}
