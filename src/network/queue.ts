import type { Shape } from './shape.ts';

/** How many frames wait for a limited rate, besides those that the latency holds. */
const besidesLatency = 1_000;
/** The size of a full frame, in bits. */
const fullFrame = 1_514 * 8;

/** How far a rate may be exceeded for a moment: one millisecond's worth and 1,600 bytes, as in Testground. */
export const burst = { ms: 1, bytes: 1_600 } as const;

/** How many frames may wait at a link with this shape; infinite if its rate is not limited. */
export function queueFrames({ bandwidth, latency, jitter }: Shape): number {
  if (bandwidth === 0) return Number.POSITIVE_INFINITY;
  return besidesLatency + Math.ceil((bandwidth * (latency + jitter)) / 1_000 / fullFrame);
}
