/** What one client may take of the service, so that it leaves the others theirs. */
export const limits = {
  /** When more bytes than these wait for a client to read, nothing more is asked of or done for it until they are gone. */
  highWater: 1024 * 1024,
  /** So many bytes may wait for one instance to read, over all its connections. */
  backlog: 256 * 1024 * 1024,
  /** So many connections one instance may have at once. */
  connections: 1_024,
  /** So many requests of one client may be carried out at once; it is not read before there are fewer. */
  atOnce: 1_024,
  /** So many barriers and subscriptions of one client may be open at once. */
  open: 65_536,
  /** So long, in characters, may the name of a state or topic be, with all that is before it. */
  keyLength: 4_096,
} as const;
