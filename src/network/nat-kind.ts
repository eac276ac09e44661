import type { NatName } from '../plan/network-table.ts';

/**
 * How a NAT maps and filters. @see RFC 4787, sections 4.1 and 5; the names are those of RFC 3489.
 * - `mapping`: whether what an instance sends from one port has the same external port for every destination.
 * - `filtering`: who may send to an external port: anyone, addresses that the instance has sent to, or their ports.
 * - `isShared`: whether all instances behind it have one NAT, or each its own.
 */
export interface NatBehavior {
  readonly mapping: 'by-source' | 'by-destination';
  readonly filtering: 'none' | 'address' | 'address-and-port';
  readonly isShared: boolean;
}

const own = { mapping: 'by-source', isShared: false } as const;

/** The kinds of NATs. */
export const natKinds = {
  'full-cone': { ...own, filtering: 'none' },
  restricted: { ...own, filtering: 'address' },
  'port-restricted': { ...own, filtering: 'address-and-port' },
  symmetric: { mapping: 'by-destination', filtering: 'address-and-port', isShared: false },
  'carrier-grade': { mapping: 'by-source', filtering: 'address-and-port', isShared: true },
} as const satisfies Readonly<Record<NatName, NatBehavior>>;
