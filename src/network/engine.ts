import type { NatName } from '../plan/network-table.ts';
import type { EngineName } from './engine-name.ts';
import type { NetworkMeasured } from './measured.ts';
import type { Shape } from './shape.ts';
import type { SeededPath } from './topology/path.ts';

/**
 * Where packets of an instance are delayed and dropped: by what its plan asks for, then by its link, on the way from it
 * and on the way to it.
 */
export type StageName = 'egress' | 'up' | 'down';

/** The NAT of a port: ports with the same address have the same one. */
export interface PortNat {
  /** The external address, as a number. */
  readonly address: number;
  readonly kind: NatName;
  readonly labels: readonly string[];
  /** For its random choices: four 32-bit numbers. */
  readonly seed: readonly number[];
}

/** A port of an engine: the far end of an instance's device in the data network. */
export interface EnginePort {
  /** The index of the far end, by which the port is called. */
  readonly link: number;
  /** The number of the instance. */
  readonly number: number;
  /** The hardware addresses of the instance's end, and of the far end. */
  readonly mac: string;
  readonly farMac: string;
  /** The group of the instance. */
  readonly group: string;
  /** What the instance is, for paths: its regions, its group, its own name. */
  readonly labels: readonly string[];
  readonly nat?: PortNat | undefined;
  /** For its random choices: twelve 32-bit numbers. */
  readonly seed: readonly number[];
}

/** What an engine has done. Links are given by the index of their far end. */
export type EngineMeasured = NetworkMeasured<{ readonly link: number }>;

/** What carries packets between instances, and shapes their links. */
export interface NetworkEngine {
  readonly name: EngineName;
  /**
   * Whether frames arrive with the hardware addresses that they were sent with: then all instances, and their gateway,
   * must have the same one.
   */
  readonly keepsHardwareAddresses: boolean;
  /** Takes over a port, which has no address and no shape yet. */
  add(port: EnginePort): Promise<void>;
  /** Changes the address of a port; undefined for none. */
  readdress(link: number, address: string | undefined): Promise<void>;
  /** @throws Error with what of a shape it cannot apply. */
  check(shape: Shape): void;
  /** Changes the shape of a stage. @throws Error with what cannot be applied. */
  reshape(link: number, stage: StageName, shape: Shape): Promise<void>;
  /**
   * Replaces the paths between ports. Frames on their way keep theirs.
   * @throws Error if the engine cannot do that once there are ports.
   */
  setPaths(paths: readonly SeededPath[]): Promise<void>;
  /** Lets the NAT of a port forget all mappings. @throws Error if the engine has no NATs. */
  resetNat(link: number): Promise<void>;
  /** Records the packets of a port in a new file. */
  record(link: number, file: string): Promise<void>;
  measure(): Promise<EngineMeasured>;
  /** Resolves if it still works. @throws Error if it does not answer. */
  ping(): Promise<void>;
  /** Lets it end. */
  close(): void;
}
