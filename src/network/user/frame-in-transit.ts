import type { NatSide, Port } from './port.ts';
import type { Stage } from './stage.ts';

/** A frame on its way. */
export interface Frame {
  readonly place: number;
  readonly length: number;
  readonly from: Port;
  /** A NAT until the frame has passed it. */
  to: Port | NatSide;
  /** The number of the two as a pair of peers. */
  pair: number;
  /** Whether it is a duplicate, made on the way. */
  readonly isCopy: boolean;
  /** What is between the two. */
  readonly path: Stage;
  /** The number of the stage that it is at. */
  stage: number;
  /** Whether it waits for its delay to be over, and not for the rate. */
  isDelayed: boolean;
}

/** The number of the stage between the links of both, and of the receiver's first one. A NAT is before each. */
export const [passing, receiving] = [2, 3];

/** Whether a target is an instance, and not a NAT. */
export function isPort(to: Port | NatSide): to is Port {
  return 'link' in to;
}

/** Whether a target is behind a NAT, too. */
export function isWithin(nat: NatSide, to: Port | NatSide): boolean {
  return isPort(to) && to.nat === nat;
}

/** The stage that a frame is at; undefined at its end. */
export function stageOf({ stage, from, path, to }: Frame): Stage | undefined {
  if (stage === 0) return from.stages.egress;
  if (stage === 1) return from.stages.up;
  if (stage === passing) return path;
  return stage === receiving && isPort(to) ? to.stages.down : undefined;
}

/** A frame that leaves through a network device. */
export interface Outgoing {
  /** Its place in the arena, which the receiver releases. */
  readonly place: number;
  readonly length: number;
  /** The index of the device. */
  readonly link: number;
  /** Whose it is, and the pair of peers. */
  readonly from: Port;
  readonly pair: number;
}
