import type { NetworkBackend } from '../../network/backend.ts';
import type { NetworkConfig } from '../../network/config.ts';
import { desiredIn } from '../../network/desired.ts';
import type { NetworkMeasured } from '../../network/measured.ts';
import { type InstanceId, instanceTag } from '../../plan/instance-id.ts';
import { type Deferred, deferred } from '../../util/deferred.ts';
import { DataAddresses } from './data-addresses.ts';
import type { HolderMeasured, HolderRequest } from './holder/protocol.ts';
import { controlNetwork } from './subnets.ts';

/** Shapes the networks of the instances of a run. */
export class NetnsNetwork implements NetworkBackend {
  readonly isStrict: boolean;
  readonly #ask: (request: HolderRequest) => Promise<unknown>;
  readonly #addresses = new DataAddresses();
  /** The instances with a network, by their number and by their tag. */
  readonly #instances = new Map<number, InstanceId>();
  readonly #numbers = new Map<string, number>();
  /** Those that have ended, as tags. */
  readonly #ended = new Set<string>();
  readonly #placed = new Map<string, Deferred<void>>();

  constructor(ask: (request: HolderRequest) => Promise<unknown>, isStrict: boolean) {
    this.#ask = ask;
    this.isStrict = isStrict;
  }

  /** An instance has its place. */
  add(instance: InstanceId, number: number, address: string): void {
    const tag = instanceTag(instance);
    this.#instances.set(number, instance);
    this.#numbers.set(tag, number);
    this.#addresses.take(tag, address);
    this.#placeOf(tag).resolve();
  }

  /** An instance has ended. */
  remove(instance: InstanceId): void {
    const tag = instanceTag(instance);
    this.#ended.add(tag);
    this.#addresses.release(tag);
  }

  #placeOf(tag: string): Deferred<void> {
    const known = this.#placed.get(tag) ?? deferred<void>();
    this.#placed.set(tag, known);
    return known;
  }

  async initialize(instance: InstanceId, signal: AbortSignal): Promise<void> {
    const placed = this.#placeOf(instanceTag(instance));
    signal.addEventListener('abort', () => placed.resolve(), { once: true });
    await placed.promise;
    signal.throwIfAborted();
  }

  async apply(
    instance: InstanceId | undefined,
    config: NetworkConfig,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    if (instance === undefined) throw new Error('no instance has this hostname');
    // Another instance may know its hostname before it has its place.
    await this.initialize(instance, signal);
    const tag = instanceTag(instance);
    const number = this.#numbers.get(tag);
    if (number === undefined) throw new Error('its instance has no network');
    // Its last request is too late to matter.
    if (this.#ended.has(tag)) return [];
    const desired = desiredIn(config);
    if (!('shape' in desired)) return desired;
    const { gateway } = controlNetwork;
    const isOnServices = desired.rules.some(({ address, prefix }) => address === gateway && prefix === 32);
    if (isOnServices) return [`a rule for ${gateway}/32: the services of the run are there`];
    if (!desired.isEnabled) {
      await this.#ask({ ask: 'configure', number, ...desired, address: '' });
      this.#addresses.release(tag);
      return [];
    }
    const before = this.#addresses.of(tag);
    const address = desired.address ?? before ?? this.#addresses.free(tag);
    const problem = this.#addresses.problemOf(tag, address);
    if (problem !== undefined) return [problem];
    this.#addresses.take(tag, address);
    try {
      await this.#ask({ ask: 'configure', number, ...desired, address });
    } catch (error) {
      if (before === undefined) this.#addresses.release(tag);
      else this.#addresses.take(tag, before);
      throw error;
    }
    return [];
  }

  async measure(): Promise<NetworkMeasured> {
    const { links, ...rest } = (await this.#ask({ ask: 'measure' })) as HolderMeasured;
    const known = links.flatMap(({ number, ...counts }) => {
      const instance = this.#instances.get(number);
      return instance === undefined ? [] : [{ instance, ...counts }];
    });
    return { links: known, ...rest, lateness: rest.lateness };
  }
}
