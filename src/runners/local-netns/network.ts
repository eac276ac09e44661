import type { NetworkBackend } from '../../network/backend.ts';
import type { NetworkConfig } from '../../network/config.ts';
import { desiredIn } from '../../network/desired.ts';
import type { NetworkMeasured } from '../../network/measured.ts';
import { type InstanceId, instanceTag } from '../../plan/instance-id.ts';
import { type Deferred, deferred } from '../../util/deferred.ts';
import type { HolderMeasured, HolderRequest } from './holder/protocol.ts';
import { dataNetwork } from './subnets.ts';

/** An instance in the networks of a run. */
interface Member {
  readonly number: number;
  /** Its data address, also while its network is taken away. */
  address: string;
}

/** Shapes the networks of the instances of a run. */
export class NetnsNetwork implements NetworkBackend {
  readonly #ask: (request: HolderRequest) => Promise<unknown>;
  readonly #isStrict: boolean;
  readonly #members = new Map<string, Member>();
  readonly #owners = new Map<string, InstanceId>();
  readonly #instances = new Map<number, InstanceId>();
  readonly #placed = new Map<string, Deferred<void>>();

  /** @param isStrict whether a run whose network was not delivered as asked has no known outcome. */
  constructor(ask: (request: HolderRequest) => Promise<unknown>, isStrict: boolean) {
    this.#ask = ask;
    this.#isStrict = isStrict;
  }

  /** An instance has its place. */
  add(instance: InstanceId, number: number, address: string): void {
    this.#members.set(instanceTag(instance), { number, address });
    this.#instances.set(number, instance);
    this.#owners.set(address, instance);
    this.#placeOf(instance).resolve();
  }

  /** An instance has no place any more. */
  remove(instance: InstanceId): void {
    const its = this.#members.get(instanceTag(instance));
    this.#members.delete(instanceTag(instance));
    if (its !== undefined && this.#owners.get(its.address) === instance) this.#owners.delete(its.address);
  }

  #placeOf(instance: InstanceId): Deferred<void> {
    const known = this.#placed.get(instanceTag(instance)) ?? deferred<void>();
    this.#placed.set(instanceTag(instance), known);
    return known;
  }

  async initialize(instance: InstanceId, signal: AbortSignal): Promise<void> {
    const placed = this.#placeOf(instance);
    signal.addEventListener('abort', () => placed.resolve(), { once: true });
    await placed.promise;
    signal.throwIfAborted();
  }

  async apply(instance: InstanceId | undefined, config: NetworkConfig): Promise<readonly string[]> {
    const member = instance && this.#members.get(instanceTag(instance));
    if (instance === undefined || member === undefined) throw new Error('its instance has no network');
    const desired = desiredIn(config);
    if (!('shape' in desired)) return desired;
    const { address: asked = member.address, ...rest } = desired;
    const problem = this.#addressProblem(instance, asked);
    if (problem !== undefined) return [problem];
    if (this.#owners.get(member.address) === instance) this.#owners.delete(member.address);
    this.#owners.set(asked, instance);
    member.address = asked;
    await this.#ask({ ask: 'configure', number: member.number, address: asked, ...rest });
    return [];
  }

  async measure(): Promise<NetworkMeasured> {
    const { links, lateness, missed } = (await this.#ask({ ask: 'measure' })) as HolderMeasured;
    const known = links.flatMap(({ number, ...counts }) => {
      const instance = this.#instances.get(number);
      return instance === undefined ? [] : [{ instance, ...counts }];
    });
    return { links: known, lateness, missed, isStrict: this.#isStrict };
  }

  #addressProblem(instance: InstanceId, address: string): string | undefined {
    const owner = this.#owners.get(address);
    if (owner !== undefined && instanceTag(owner) !== instanceTag(instance))
      return `the address ${address}: ${instanceTag(owner)} has it`;
    const { subnet, prefix, gateway } = dataNetwork;
    const [first = '', second = ''] = subnet.split('.');
    if (!address.startsWith(`${first}.${second}.`))
      return `the address ${address}: it is not in the data network ${subnet}/${prefix}`;
    return address === gateway ? `the address ${address}: it is that of the gateway` : undefined;
  }
}
