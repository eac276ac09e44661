import { addressOf, numberOf } from '../../network/range.ts';

/** A network of a run. */
export interface Subnet {
  readonly subnet: string;
  readonly prefix: number;
  readonly gateway: string;
}

/**
 * The networks of every run: each has its own, so that they may have the same addresses. Plans know the first part of
 * the control network, and the SDKs look for their address in the data network.
 */
export const controlNetwork: Subnet = { subnet: '192.18.0.0', prefix: 16, gateway: '192.18.0.1' };
export const dataNetwork: Subnet = { subnet: '16.0.0.0', prefix: 16, gateway: '16.0.0.1' };

/** How many instances fit: automatic data addresses stay in 16.0.0.*, and plans choose others from 16.0.1.1 on. */
const inLastByte = 253;

/** The external addresses of NATs: those of instances, and those that instances share. */
const natNetwork = { own: 0x1000_c000, shared: 0x1000_e000 } as const;

/**
 * The external address of a NAT.
 * @param number that of the instance for its own NAT; the place in the declaration for a shared one.
 */
export function natAddress(kind: keyof typeof natNetwork, number: number): string {
  return addressOf(natNetwork[kind] + 1 + number);
}

/** Whether an address is kept for NATs: 16.0.192.0/18 without its last part, where instances may be. */
export function isKeptForNats(address: string): boolean {
  const number = numberOf(address);
  return number >= natNetwork.own && number < natNetwork.shared + 0x100;
}

/** The control address of an instance. @param number from 0. */
export function controlAddress(number: number): string {
  const at = number + 2;
  return `192.18.${at >> 8}.${at & 0xff}`;
}

/**
 * The data address of an instance, until it chooses another: in 16.0.0.*, and after that at the end of the network,
 * because plans choose 16.0.1.1 and those after it for themselves.
 */
export function dataAddress(number: number): string {
  if (number < inLastByte) return `16.0.0.${number + 2}`;
  const fromEnd = 0xffff - 1 - (number - inLastByte);
  return `16.0.${fromEnd >> 8}.${fromEnd & 0xff}`;
}
