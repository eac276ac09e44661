import { readdirSync, readlinkSync } from 'node:fs';

/** The paths of the files that this process has open. Linux only. */
export function openFiles(): (string | undefined)[] {
  return readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      // The descriptor of this listing.
      return undefined;
    }
  });
}
