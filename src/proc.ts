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

/** What the system says of a process. */
export interface Stat {
  readonly state: string;
  /** The leader of its process group. */
  readonly group: number;
  /** What it has had of a processor, in clock ticks. */
  readonly used: number;
  /** What its children have had that have ended and been waited for. */
  readonly usedByChildren: number;
  readonly startTicks: string;
  /** How much of it is in memory, in pages. */
  readonly pages: number;
}

/** What /proc/<pid>/stat (proc(5)) says: fields 3, 5, 14 to 17, 22 and 24; the second, the command, may hold spaces and parentheses. */
export function statOf(pid: number): Stat | undefined {
  const stat = readProc(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    state: fields[0] ?? '',
    group: Number(fields[2]),
    used: Number(fields[11]) + Number(fields[12]),
    usedByChildren: Number(fields[13]) + Number(fields[14]),
    startTicks: fields[19] ?? '',
    pages: Number(fields[21]),
  };
}
