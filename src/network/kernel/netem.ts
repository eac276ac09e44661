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

/** @throws Error with what of a shape the kernel cannot do. */
export function checkShape(shape: Shape, hasNetem: boolean): void {
  if (needsNetem(shape) && !hasNetem)
    throw new Error(
      'this kernel has no netem (sch_netem), without which engine=kernel only limits rates: use engine=user',
    );
  if (shape.jitter > maxJitter)
    throw new Error(`jitter ${shape.jitter} ms: with engine=kernel, it is at most 2.1 s: use engine=user`);
}

/** The longest jitter, in ms: netem has 31 bits for its nanoseconds. */
const maxJitter = 0x7fff_ffff / nsPerMs;

/** Whether a shape is more than a rate. */
export function needsNetem(shape: Shape): boolean {
  return !isUnshaped({ ...shape, bandwidth: 0 });
}
