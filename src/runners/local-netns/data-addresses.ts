import { dataAddress, dataNetwork, isKeptForNats } from './subnets.ts';

/** Who has which address in the data network of a run. Instances are given by their tag. */
export class DataAddresses {
  readonly #owners = new Map<string, string>();
  /** The last address of each instance, also if it has given it back. */
  readonly #last = new Map<string, string>();
  readonly #hasNats: boolean;

  /** @param hasNats whether the addresses of NATs are not for instances. */
  constructor(hasNats: boolean) {
    this.#hasNats = hasNats;
  }

  /** The address of an instance; undefined while it has none. */
  of(tag: string): string | undefined {
    const last = this.#last.get(tag);
    return last !== undefined && this.#owners.get(last) === tag ? last : undefined;
  }

  /** Gives an address to an instance, which gives back the one that it had. */
  take(tag: string, address: string): void {
    this.release(tag);
    this.#owners.set(address, tag);
    this.#last.set(tag, address);
  }

  release(tag: string): void {
    const address = this.of(tag);
    if (address !== undefined) this.#owners.delete(address);
  }

  /** A free address for an instance: the last one that it had, or the first automatic one. */
  free(tag: string): string {
    const last = this.#last.get(tag);
    if (last !== undefined && !this.#owners.has(last)) return last;
    for (let number = 0; ; number++) if (!this.#owners.has(dataAddress(number))) return dataAddress(number);
  }

  /** Why an instance cannot have an address, as text; undefined if it can. */
  problemOf(tag: string, address: string): string | undefined {
    const owner = this.#owners.get(address);
    if (owner !== undefined && owner !== tag) return `the address ${address}: ${owner} has it`;
    const { subnet, prefix, gateway } = dataNetwork;
    const [first = '', second = '', third = '', fourth = ''] = address.split('.');
    if (!subnet.startsWith(`${first}.${second}.`))
      return `the address ${address}: it is not in the data network ${subnet}/${prefix}`;
    if (address === gateway) return `the address ${address}: it is that of the gateway`;
    if (this.#hasNats && isKeptForNats(address)) return `the address ${address}: it is kept for NATs`;
    const isReserved = ['0.0', '255.255'].includes(`${third}.${fourth}`);
    return isReserved ? `the address ${address}: it stands for the whole data network` : undefined;
  }
}
