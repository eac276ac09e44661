import type { Disturbance, NetworkBackend } from '../../network/backend.ts';
import type { NetworkConfig } from '../../network/config.ts';
import { desiredIn } from '../../network/desired.ts';
import { type NetworkMeasured, renamed } from '../../network/measured.ts';
import type { SeededPath } from '../../network/topology/path.ts';
import { type InstanceId, instanceTag } from '../../plan/instance-id.ts';
import { type Deferred, deferred } from '../../util/deferred.ts';
import { messageOf } from '../../util/errors.ts';
import { withTimeout } from '../../util/with-timeout.ts';
import { DataAddresses } from './data-addresses.ts';
import type { HolderMeasured } from './holder/protocol.ts';
import type { Holder } from './holder.ts';
import type { RunPaths } from './run-paths.ts';
import { controlNetwork } from './subnets.ts';

interface NetnsNetworkOptions {
  readonly isStrict: boolean;
  readonly hasNats: boolean;
  readonly paths: RunPaths;
}

/** Shapes the networks of the instances of a run. */
export class NetnsNetwork implements NetworkBackend {
  readonly isStrict: boolean;
  readonly #holder: Pick<Holder, 'order' | 'reachOutside'>;
  readonly #addresses: DataAddresses;
  /** The instances with a network, by their number. */
  readonly #instances = new Map<number, InstanceId>();
  readonly #paths: RunPaths;
  /** The paths of faults that last. */
  readonly #disturbing = new Set<readonly SeededPath[]>();
  /** Those that have ended, as tags. */
  readonly #ended = new Set<string>();
  /** The numbers of instances that have their place, or will have it, by their tag. */
  readonly #placed = new Map<string, Deferred<number>>();

  constructor(
    holder: Pick<Holder, 'order' | 'reachOutside'>,
    { isStrict, hasNats, paths }: NetnsNetworkOptions,
  ) {
    this.#paths = paths;
    this.#holder = holder;
    this.isStrict = isStrict;
    this.#addresses = new DataAddresses(hasNats);
  }

  /** An instance has its place. */
  add(instance: InstanceId, number: number, address: string): void {
    const tag = instanceTag(instance);
    this.#instances.set(number, instance);
    this.#addresses.take(tag, address);
    this.#placeOf(tag).resolve(number);
  }

  /** An instance has ended. */
  remove(instance: InstanceId): void {
    const tag = instanceTag(instance);
    this.#ended.add(tag);
    this.#addresses.release(tag);
  }

  #placeOf(tag: string): Deferred<number> {
    const known = this.#placed.get(tag) ?? deferred<number>();
    this.#placed.set(tag, known);
    return known;
  }

  async initialize(instance: InstanceId, signal: AbortSignal): Promise<void> {
    await this.#numberOf(instance, signal);
  }

  /** Waits until an instance has its place. @throws Error if the signal aborts first. */
  async #numberOf(instance: InstanceId, signal: AbortSignal): Promise<number> {
    const { promise } = this.#placeOf(instanceTag(instance));
    return await withTimeout(Number.POSITIVE_INFINITY, signal, () => promise);
  }

  async apply(
    instance: InstanceId | undefined,
    config: NetworkConfig,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    if (instance === undefined) throw new Error('no instance has this hostname');
    // Another instance may know its hostname before it has its place.
    const number = await this.#numberOf(instance, signal);
    const tag = instanceTag(instance);
    // Its last request is too late to matter.
    if (this.#ended.has(tag)) return [];
    const desired = desiredIn(config);
    if (!('shape' in desired)) return desired;
    const { gateway } = controlNetwork;
    const isOnServices = desired.rules.some(
      ({ address, prefix, filter }) => address === gateway && prefix === 32 && filter !== 'accept',
    );
    if (isOnServices) return [`a rule for ${gateway}/32: the services of the run are there`];
    const closed = desired.isOpen ? await this.#whyClosed() : undefined;
    if (closed !== undefined) return [closed];
    if (!desired.isEnabled) {
      await this.#holder.order({ ask: 'configure', number, ...desired, address: '' });
      this.#addresses.release(tag);
      return [];
    }
    const before = this.#addresses.of(tag);
    const address = desired.address ?? before ?? this.#addresses.free(tag);
    const problem = this.#addresses.problemOf(tag, address);
    if (problem !== undefined) return [problem];
    this.#addresses.take(tag, address);
    try {
      await this.#holder.order({ ask: 'configure', number, ...desired, address });
    } catch (error) {
      if (before === undefined) this.#addresses.release(tag);
      else this.#addresses.take(tag, before);
      throw error;
    }
    return [];
  }

  /** Why what is outside cannot be reached, as text; undefined if it can. */
  async #whyClosed(): Promise<string | undefined> {
    try {
      await this.#holder.reachOutside();
      return undefined;
    } catch (error) {
      return `routing_policy "allow_all": nothing outside of the run can be reached: ${messageOf(error)}`;
    }
  }

  async disturb(disturbances: readonly Disturbance[]): Promise<() => Promise<void>> {
    const shared = disturbances
      .flatMap(({ from, to }) => [...from, ...to])
      .find((instance) => this.#paths.sharesNat(instance));
    if (shared !== undefined)
      throw new Error(`${instanceTag(shared)} shares its NAT with others, which it could not be told from`);
    const added = this.#paths.seeded(disturbances);
    this.#disturbing.add(added);
    await this.#sendPaths();
    return async () => {
      this.#disturbing.delete(added);
      await this.#sendPaths();
    };
  }

  async resetNats(instances: readonly InstanceId[]): Promise<void> {
    const without = instances.find((instance) => !this.#paths.hasNat(instance));
    if (without !== undefined) throw new Error(`${instanceTag(without)} is behind no NAT`);
    for (const instance of instances) {
      const number = await this.#placeOf(instanceTag(instance)).promise;
      await this.#holder.order({ ask: 'reset-nat', number });
    }
  }

  async #sendPaths(): Promise<void> {
    const paths = [...this.#paths.declared, ...[...this.#disturbing].flat()];
    await this.#holder.order({ ask: 'paths', paths });
  }

  async measure(): Promise<NetworkMeasured> {
    const measured = (await this.#holder.order({ ask: 'measure' })) as HolderMeasured;
    return renamed(measured, ({ number }) => {
      const instance = this.#instances.get(number);
      return instance === undefined ? undefined : { instance };
    });
  }
}
