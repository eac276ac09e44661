import { statfsSync } from 'node:fs';
import { formatSize } from '../../values/size.ts';
import type { Stop } from '../events/events.ts';
import { isBeyondLimits } from './privileges.ts';

/** How often, in ms, it looks. */
const lookEvery = 200;
/** With less free space than this, in bytes, a disk counts as full: the records of the run need some. */
const leastFree = 1024 * 1024;

interface Guarded {
  readonly runDir: string;
  /** How many bytes the instances have written until now. */
  readonly written: () => number;
  /** More than so many bytes end the run; undefined for any number. */
  readonly maxBytes: number | undefined;
  readonly stop: (stop: Stop) => void;
}

/** Ends a run whose output fills the disk, or is more than was allowed. */
export class OutputGuard implements Disposable {
  readonly #guarded: Guarded;
  readonly #timer: NodeJS.Timeout;

  constructor(guarded: Guarded) {
    this.#guarded = guarded;
    this.#timer = setInterval(() => this.look(), lookEvery);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  /** Looks now. */
  look(): void {
    const { runDir, written, maxBytes, stop } = this.#guarded;
    const full = diskProblem(runDir);
    if (full !== undefined) stop({ ending: 'disk-full', why: full });
    if (maxBytes === undefined) return;
    const bytes = written();
    if (bytes <= maxBytes) return;
    const why = `the instances have written ${formatSize(bytes)}, more than --max-output allows (${formatSize(maxBytes)})`;
    stop({ ending: 'max-output', why });
  }
}

/** That the disk of a folder is full, in words; undefined where it is not, or nobody can say. */
export function diskProblem(dir: string): string | undefined {
  try {
    const { bavail, bfree, bsize, blocks, files, ffree } = statfsSync(dir);
    // Some of it is kept for root.
    const free = (isBeyondLimits() ? bfree : bavail) * bsize;
    if (blocks > 0 && free < leastFree) return `the disk of ${dir} is full (${formatSize(free)} are free)`;
    if (files > 0 && ffree === 0)
      return `the disk of ${dir} has no place for another file (no inode is free)`;
    return undefined;
  } catch {
    return undefined;
  }
}
