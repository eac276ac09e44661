import { dropFromBoundingSet } from '../../../os/linux/libc.ts';

/**
 * The capabilities of instances: those that containers have by default. Raw sockets are among them, the configuration
 * of networks is not. Numbers as in capabilities(7).
 */
const kept: ReadonlySet<number> = new Set([
  0, // CHOWN
  1, // DAC_OVERRIDE
  3, // FOWNER
  4, // FSETID
  5, // KILL
  6, // SETGID
  7, // SETUID
  8, // SETPCAP
  10, // NET_BIND_SERVICE
  13, // NET_RAW
  18, // SYS_CHROOT
  27, // MKNOD
  29, // AUDIT_WRITE
  31, // SETFCAP
]);

/**
 * Takes all other capabilities from the programs that this thread starts from now on, and from theirs.
 * @throws SystemCallError if the kernel does not allow it.
 */
export function limitCapabilities(): void {
  for (let number = 0; ; number++) if (!kept.has(number) && !dropFromBoundingSet(number)) return;
}
