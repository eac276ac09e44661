/**
 * The ways to make namespaces for networks, as options of unshare(1). Root needs no user namespace, in which it would
 * own only its own files; any other user does, and so does root where it may not do without (a container).
 */
const ways = {
  root: ['--net', '--mount', '--uts'],
  anyone: ['--user', '--map-root-user', '--net', '--mount', '--uts'],
} as const;

/** The ways to try, in order. */
export function unshareWays(): readonly (readonly string[])[] {
  return process.getuid?.() === 0 ? [ways.root, ways.anyone] : [ways.anyone];
}
