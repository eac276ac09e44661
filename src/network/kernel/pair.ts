import { addVeth, changeLink, indexOf, whenOperating, withoutOwnIpv6 } from '../../os/linux/netlink/links.ts';
import type { KernelPlace } from './place.ts';

/** A veth pair between the far ends of instances' devices: what leaves through its beginning is shaped. */
export interface Pair {
  /** The indexes of both devices. */
  readonly begin: number;
  readonly end: number;
}

/** Makes a pair, and waits until it works. */
export async function makePair(
  { netlink, netns }: Omit<KernelPlace, 'hasNetem'>,
  name: string,
): Promise<Pair> {
  const names = [`${name}a`, `${name}b`] as const;
  addVeth(netlink, { name: names[0], netns }, { name: names[1], netns });
  const [begin, end] = [indexOf(netlink, names[0]), indexOf(netlink, names[1])];
  for (const each of [begin, end]) {
    withoutOwnIpv6(netlink, each);
    changeLink(netlink, each, { isUp: true });
  }
  for (const each of [begin, end]) await whenOperating(netlink, each);
  return { begin, end };
}
