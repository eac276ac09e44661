/**
 * The current time in nanoseconds since the epoch, at the resolution of the clock; only a bigint holds it exactly.
 */
export function nowNs(): bigint {
  return BigInt(Math.round((performance.timeOrigin + performance.now()) * 1_000)) * 1_000n;
}
