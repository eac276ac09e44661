import { readdirSync, readFileSync } from 'node:fs';

/** A file of /proc, or of /sys; undefined where it is not there: another system, or a process that has gone. */
export function readProc(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return undefined;
  }
}

/** The numbers of all processes; none where the system has no /proc. */
export function processNumbers(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}
