import type { AccessLink } from '../../../network/access-link.ts';
import type { Desired } from '../../../network/desired.ts';
import type { PortNat } from '../../../network/engine.ts';
import type { EngineName } from '../../../network/engine-name.ts';
import type { NetworkMeasured } from '../../../network/measured.ts';
import type { Range } from '../../../network/range.ts';
import type { SeededPath } from '../../../network/topology/path.ts';
import type { ReplacedFile } from '../name-resolution.ts';

/** The place of an instance in the networks of its run. */
export interface PlaceOrder {
  /** Its number in the run, from 0. */
  readonly number: number;
  readonly hostname: string;
  /** Files that take the place of the machine's. */
  readonly files: readonly ReplacedFile[];
  readonly control: string;
  readonly data: string;
  /** For the random choices of its network: twelve 32-bit numbers. */
  readonly seed: readonly number[];
  readonly group: string;
  /** Addresses outside of the run that it reaches whatever it asks for. */
  readonly reached: readonly string[];
  /** What it is, for paths: its regions, its group, its own name. */
  readonly labels: readonly string[];
  /** The NAT that it is behind, if one is declared. */
  readonly nat?: PortNat | undefined;
  /** Its link, if one is declared. */
  readonly link?: AccessLink | undefined;
  /** Whether links or shapes of the run are about single packets, so that none may stand for many. */
  readonly isSplit: boolean;
  /** The new file in which its packets are recorded, if they are. */
  readonly packets?: string | undefined;
}

/** A complete configuration of an instance's network. */
export interface ConfigureOrder extends Omit<Desired, 'address'> {
  readonly number: number;
  /** Its address in the data network, if it is enabled. */
  readonly address: string;
}

/** The requests to the holder, besides those to start a process. */
export type HolderRequest =
  | ({ readonly ask: 'place' } & PlaceOrder)
  | ({ readonly ask: 'configure' } & ConfigureOrder)
  /** Replaces the paths between instances. */
  | { readonly ask: 'paths'; readonly paths: readonly SeededPath[] }
  /** Lets the NAT of an instance forget all mappings. */
  | { readonly ask: 'reset-nat'; readonly number: number }
  /** Answered with `EngineAnswer`. */
  | { readonly ask: 'engine' }
  /** Answered with a file that is the network namespace of the run. */
  | { readonly ask: 'network' }
  /** Answered with `NamespaceFiles`: those of an instance. */
  | { readonly ask: 'namespaces'; readonly number: number }
  /** The device of the uplink has appeared: nothing is reached through it yet. */
  | { readonly ask: 'uplink' }
  /** Lets instances that have a route to these ranges reach them through the uplink. */
  | { readonly ask: 'reach'; readonly ranges: readonly Range[] }
  /** The instance has ended: nothing reaches it any more. */
  | { readonly ask: 'leave'; readonly number: number }
  /** Answered with `HolderMeasured`. */
  | { readonly ask: 'measure' };

/** The engine of a run, and why it is the one. */
export interface EngineAnswer {
  readonly name: EngineName;
  readonly reason: string;
  /** Whether it delays and drops packets; a rate alone is always possible. */
  readonly canDelay: boolean;
}

/** What the network has done so far. Links are given by the number of their instance. */
export type HolderMeasured = NetworkMeasured<{ readonly number: number }>;
