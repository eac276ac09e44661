import type { Netem, Rate } from '../../os/linux/netlink/qdiscs.ts';
import { burst, queueFrames } from '../queue.ts';
import { isUnshaped, type Shape } from '../shape.ts';

const nsPerMs = 1e6;
/** How many packets may wait where no rate is limited. */
const most = 65_536;
/** A rate above that of any device, in bytes per second: no limit. */
const unlimited = 1e11;

/** The rate of a shape. */
export function rateOf({ bandwidth }: Shape): Rate {
  const bytesPerSecond = bandwidth === 0 ? unlimited : Math.max(1, bandwidth / 8);
  return { bytesPerSecond, burst: burst.ms * nsPerMs + (burst.bytes / bytesPerSecond) * 1e9 };
}

/** How many packets may wait at a link with this shape. */
export function limitOf(shape: Shape): number {
  return Math.min(most, queueFrames(shape));
}

/** What netem must do for a shape. @param seed of its random choices. */
export function netemOf(shape: Shape, seed: bigint): Netem {
  const { latency, jitter, bandwidth: _, ...shares } = shape;
  return { ...shares, latency: latency * nsPerMs, jitter: jitter * nsPerMs, limit: limitOf(shape), seed };
}

/** Whether a shape is more than a rate. */
export function needsNetem(shape: Shape): boolean {
  return !isUnshaped({ ...shape, bandwidth: 0 });
}
