/** Limits for each client, so that one client cannot starve the others. */
export const limits = {
  /** Backpressure threshold in bytes: above it, the service neither reads from the client nor works for it. */
  highWater: 1024 * 1024,
  /** The limit on bytes buffered for one instance over all its connections. */
  backlog: 256 * 1024 * 1024,
  /** The largest number of concurrent connections of one instance. */
  connections: 1_024,
  /** The largest number of concurrent requests of one client; it is not read while it has more. */
  atOnce: 1_024,
  /** The largest number of open barriers and subscriptions of one client. */
  open: 65_536,
  /** The longest name of a state or topic, in characters, including its prefix. */
  keyLength: 4_096,
} as const;
