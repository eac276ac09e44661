import { readProc } from './proc.ts';

/** CAP_SYS_RESOURCE, as a bit of the capabilities in /proc/self/status (capabilities(7)). */
const sysResource = 1n << 24n;

/**
 * Whether this process may exceed limits: have processes beyond RLIMIT_NPROC, and use disk space reserved for root.
 * This is true for user 0 and for CAP_SYS_RESOURCE in the initial user namespace only. Root in another user
 * namespace, such as a rootless container, may not, whatever its capabilities.
 */
export function isBeyondLimits(): boolean {
  if (!isInFirstUserNamespace()) return false;
  return process.getuid?.() === 0 || (effectiveCapabilities() & sysResource) !== 0n;
}

/** The initial user namespace maps every user to itself (user_namespaces(7)). */
function isInFirstUserNamespace(): boolean {
  const map = readProc('/proc/self/uid_map');
  // A system without user namespaces has only the initial one.
  return map === undefined || /^\s*0\s+0\s+4294967295\s*$/.test(map);
}

function effectiveCapabilities(): bigint {
  const [, hex = '0'] = /^CapEff:\s+([0-9a-f]+)$/m.exec(readProc('/proc/self/status') ?? '') ?? [];
  return BigInt(`0x${hex}`);
}
