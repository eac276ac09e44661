import { readdirSync, readFileSync } from 'node:fs';

/** A process of this machine. */
export interface Found {
  readonly pid: number;
  readonly title: string;
}

/** The processes whose parent is one of these, and theirs. */
export function below(parents: readonly number[]): Found[] {
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const children = all.flatMap((name): Found[] => {
    try {
      const [, rest = ''] = readFileSync(`/proc/${name}/stat`, 'latin1').split(') ');
      if (!parents.includes(Number(rest.split(' ')[1]))) return [];
      return [
        { pid: Number(name), title: readFileSync(`/proc/${name}/cmdline`, 'latin1').replaceAll('\0', ' ') },
      ];
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });
  return children.length === 0 ? [] : [...children, ...below(children.map(({ pid }) => pid))];
}

/** Whether a process has ended. */
export function isGone(pid: number): boolean {
  try {
    return /^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return true;
  }
}
