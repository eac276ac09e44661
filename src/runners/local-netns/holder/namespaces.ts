import { openSync, writeFileSync } from 'node:fs';
import {
  bindMount,
  namespaceFlags,
  SystemCallError,
  setHostname,
  setNamespace,
  unshare,
} from '../../../os/linux/libc.ts';
import { Netlink } from '../../../os/linux/netlink/netlink.ts';
import type { NamespaceFiles } from '../enter.ts';
import type { ReplacedFile } from '../name-resolution.ts';

type Kind = keyof typeof namespaceFlags;
const kinds = ['net', 'uts', 'mnt'] as const satisfies readonly Kind[];

/** The namespaces of one instance, or of the switch. They are kept open until this process ends. */
export class Namespaces {
  readonly #fds: Readonly<Record<Kind, number>>;
  /** Configures its network, from any namespace. */
  readonly netlink: Netlink;

  private constructor(fds: Readonly<Record<Kind, number>>, netlink: Netlink) {
    this.#fds = fds;
    this.netlink = netlink;
  }

  /** The namespaces of this process. Its mount namespace becomes its own, so that it can come back to it. */
  static ofThisProcess(): Namespaces {
    unshare(namespaceFlags.mnt);
    return Namespaces.#here();
  }

  /**
   * Makes new namespaces. The thread is in them while `prepare` runs, and is back home afterwards. Synchronous: nothing
   * else may happen meanwhile.
   */
  static make(home: Namespaces, prepare: () => void = () => {}): Namespaces {
    try {
      makeNamespaces();
      acceptFromAnywhere();
      prepare();
      return Namespaces.#here();
    } finally {
      home.#enter();
    }
  }

  static #here(): Namespaces {
    const fds = { net: 0, uts: 0, mnt: 0 };
    for (const kind of kinds) fds[kind] = openSync(`/proc/thread-self/ns/${kind}`, 'r');
    return new Namespaces(fds, new Netlink());
  }

  /** The file descriptor of its network namespace. */
  get net(): number {
    return this.#fds.net;
  }

  /** The files of this process that are its namespaces. */
  get files(): NamespaceFiles {
    const { net, uts, mnt } = this.#fds;
    const file = (fd: number) => `/proc/${process.pid}/fd/${fd}`;
    return { net: file(net), uts: file(uts), mnt: file(mnt) };
  }

  /** Does something in these namespaces: a program that is started there stays in them. Synchronous, as `make` is. */
  inside<T>(home: Namespaces, work: () => T): T {
    try {
      this.#enter();
      return work();
    } finally {
      home.#enter();
    }
  }

  #enter(): void {
    for (const kind of kinds) setNamespace(this.#fds[kind], kind);
  }
}

/** @throws Error with the limit of the machine, if it allows no more of them. */
function makeNamespaces(): void {
  try {
    unshare(namespaceFlags.net | namespaceFlags.uts | namespaceFlags.mnt);
  } catch (error) {
    if (!(error instanceof SystemCallError) || error.code !== 'ENOSPC') throw error;
    throw new Error(
      'this machine allows no more namespaces: raise sysctl user.max_net_namespaces, user.max_uts_namespaces and user.max_mnt_namespaces',
    );
  }
}

/**
 * Switches the check of source addresses off for all devices, which new namespaces take over from the machine: a rule
 * would otherwise also stop what comes from its subnet.
 */
function acceptFromAnywhere(): void {
  for (const which of ['all', 'default'])
    try {
      writeFileSync(`/proc/sys/net/ipv4/conf/${which}/rp_filter`, '0');
    } catch {
      // A container may forbid it.
    }
}

/** Names the machine of an instance, and gives it files of its own. For `prepare`. */
export function nameMachine(hostname: string, files: readonly ReplacedFile[]): void {
  setHostname(hostname);
  for (const { source, target } of files) bindMount(source, target);
}
