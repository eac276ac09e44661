import type { PortNat, StageName } from '../engine.ts';
import type { LinkCounts } from '../measured.ts';
import type { NatGateway } from './nat-gateway.ts';
import { Stage } from './stage.ts';

/** The counts of a port, while they grow. */
export type PortCounts = Record<keyof LinkCounts, number>;

/** An instance at the switch. */
export interface Port {
  /** The index of the network device at the switch's end. */
  readonly link: number;
  /** The hardware addresses of the instance's end, and of the switch's. */
  readonly mac: Uint8Array;
  readonly farMac: Uint8Array;
  /** Its IPv4 address; undefined while it has no network. */
  address: number | undefined;
  /** What it is, for paths: its regions, its group, its own name. */
  readonly labels: readonly string[];
  /** The class of its labels and its address, in the table of paths. */
  pathClass: number;
  /** Its group, and its number as a peer of others. */
  readonly group: string;
  readonly peer: number;
  /** The NAT that it is behind, if it is. */
  readonly nat: NatSide | undefined;
  /** Whether its frames are recorded. */
  isWatched: boolean;
  readonly stages: Readonly<Record<StageName, Stage>>;
  readonly counts: PortCounts;
}

/** A NAT, as seen from outside. */
export interface NatSide {
  readonly gateway: NatGateway;
  /** Like those of a port. */
  readonly labels: readonly string[];
  pathClass: number;
  readonly peer: number;
}

/** What is given of a port. */
export interface NewPort extends Pick<Port, 'link' | 'mac' | 'farMac' | 'group' | 'labels'> {
  readonly nat?: PortNat | undefined;
}

/** @param seed for its random choices: twelve 32-bit numbers. */
export function newPort(
  its: Omit<NewPort, 'nat'> & Pick<Port, 'nat' | 'peer'>,
  seed: readonly number[],
): Port {
  return {
    ...{ ...its, address: undefined, pathClass: 0, isWatched: false },
    stages: {
      egress: new Stage(seed.slice(0, 4)),
      up: new Stage(seed.slice(4, 8)),
      down: new Stage(seed.slice(8, 12)),
    },
    counts: {
      ...{ sent: 0, sentBytes: 0, received: 0, receivedBytes: 0 },
      ...{ lost: 0, overflowed: 0, unasked: 0, strayed: 0 },
    },
  };
}
