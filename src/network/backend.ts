import type { InstanceId } from '../plan/instance-id.ts';
import type { NetworkConfig } from './config.ts';
import type { NetworkMeasured } from './measured.ts';
import type { Path } from './topology/path.ts';

/** What happens to packets from some instances to others. */
export interface Disturbance extends Pick<Path, 'effect'> {
  readonly from: readonly InstanceId[];
  readonly to: readonly InstanceId[];
}

/** Shapes the networks of instances. Every runner has one. */
export interface NetworkBackend {
  /**
   * Makes an instance's network ready. Called when the run begins: a backend that needs the instance's place waits for
   * it, as long as the signal is not aborted.
   * @throws Error if that is not possible.
   */
  initialize(instance: InstanceId, signal: AbortSignal): Promise<void>;
  /**
   * Applies the network configuration that an instance requests.
   * @param instance undefined if it named only a hostname that several instances share.
   * @returns the settings that were not applied, as text.
   * @throws Error if applying them failed.
   */
  apply(
    instance: InstanceId | undefined,
    config: NetworkConfig,
    signal: AbortSignal,
  ): Promise<readonly string[]>;
  /**
   * Changes what happens to packets between instances, on top of all that applies already; absent if the network is not
   * the backend's.
   * @returns a function that undoes it.
   * @throws Error with why it cannot be done.
   */
  disturb?(disturbances: readonly Disturbance[]): Promise<() => Promise<void>>;
  /**
   * Lets the NATs of instances forget all mappings; absent if there are none.
   * @throws Error with who is behind none.
   */
  resetNats?(instances: readonly InstanceId[]): Promise<void>;
  /** Whether a run whose network was not delivered as asked has no known outcome. */
  readonly isStrict?: boolean;
  /** What the network has done so far; absent if it is not the backend's. */
  measure?(): Promise<NetworkMeasured>;
}
