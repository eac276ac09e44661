import type { AccessLink } from '../../../network/access-link.ts';
import type { Lateness, LinkCounts } from '../../../network/measured.ts';
import type { Shape } from '../../../network/shape.ts';
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
  /** Its link, if one is declared. */
  readonly link?: AccessLink | undefined;
  /** Whether links or shapes of the run are about single packets, so that none may stand for many. */
  readonly isSplit: boolean;
  /** The new file in which its packets are recorded, if they are. */
  readonly packets?: string | undefined;
}

/** A route that lets through, refuses or swallows what an instance sends to a subnet. */
export interface RuleOrder {
  readonly address: string;
  readonly prefix: number;
  readonly filter: 'accept' | 'reject' | 'drop';
}

/** A complete configuration of an instance's network. */
export interface ConfigureOrder {
  readonly number: number;
  readonly isEnabled: boolean;
  /** Its address in the data network, if it is enabled. */
  readonly address: string;
  readonly shape: Shape;
  readonly rules: readonly RuleOrder[];
  /** Whether what is outside of the run can be reached. */
  readonly isOpen: boolean;
}

/** The requests to the holder, besides those to start a process. */
export type HolderRequest =
  | ({ readonly ask: 'place' } & PlaceOrder)
  | ({ readonly ask: 'configure' } & ConfigureOrder)
  /** The instance has ended: nothing reaches it any more. */
  | { readonly ask: 'leave'; readonly number: number }
  /** Answered with `HolderMeasured`. */
  | { readonly ask: 'measure' };

/** What the network has done so far. */
export interface HolderMeasured {
  readonly links: readonly (LinkCounts & { readonly number: number })[];
  readonly lateness?: Lateness | undefined;
  readonly missed: number;
  readonly problems: readonly string[];
}
