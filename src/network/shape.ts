/** How a link is shaped. @see sdk-go, network/types.go */
export interface Shape {
  /** In ms. */
  readonly latency: number;
  /** The greatest deviation from the latency, in ms. */
  readonly jitter: number;
  /** In bits per second; 0 for no limit. */
  readonly bandwidth: number;
  /** Shares of frames, 0 to 1. */
  readonly loss: number;
  readonly corrupt: number;
  readonly reorder: number;
  readonly duplicate: number;
  /** How much each random choice depends on the one before it, 0 to 1. */
  readonly corruptCorrelation: number;
  readonly reorderCorrelation: number;
  readonly duplicateCorrelation: number;
}

/** A link that is as it is. */
export const unshaped: Shape = {
  ...{ latency: 0, jitter: 0, bandwidth: 0 },
  ...{ loss: 0, corrupt: 0, reorder: 0, duplicate: 0 },
  ...{ corruptCorrelation: 0, reorderCorrelation: 0, duplicateCorrelation: 0 },
};

/** Whether a shape changes nothing. */
export function isUnshaped(shape: Shape): boolean {
  return Object.values(shape).every((value) => value === 0);
}

/** Whether a shape delays all frames by the same time, and does nothing else to them. */
export function delaysEqually(shape: Shape): boolean {
  return isUnshaped({ ...shape, latency: 0 });
}
