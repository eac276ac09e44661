/** The time now in nanoseconds since the epoch, as far as the clock resolves it; exact as a bigint only. */
export function nowNs(): bigint {
  return BigInt(Math.round((performance.timeOrigin + performance.now()) * 1_000)) * 1_000n;
}
