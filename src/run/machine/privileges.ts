import { readProc } from '../../os/proc.ts';

/** CAP_SYS_RESOURCE, as a bit of what /proc/self/status says (capabilities(7)). */
const sysResource = 1n << 24n;

/**
 * Whether the kernel lets this process have more than limits say: processes beyond RLIMIT_NPROC, and the part of a disk
 * that is kept for root. The user 0 of the machine may, and who has CAP_SYS_RESOURCE there. Root of a user namespace, a
 * rootless container for instance, may not, whatever capabilities it has.
 */
export function isBeyondLimits(): boolean {
  if (!isInFirstUserNamespace()) return false;
  return process.getuid?.() === 0 || (effectiveCapabilities() & sysResource) !== 0n;
}

/** The kernel's own user namespace maps every user to itself (user_namespaces(7)). */
function isInFirstUserNamespace(): boolean {
  const map = readProc('/proc/self/uid_map');
  // A system without them has no other.
  return map === undefined || /^\s*0\s+0\s+4294967295\s*$/.test(map);
}

function effectiveCapabilities(): bigint {
  const [, hex = '0'] = /^CapEff:\s+([0-9a-f]+)$/m.exec(readProc('/proc/self/status') ?? '') ?? [];
  return BigInt(`0x${hex}`);
}
