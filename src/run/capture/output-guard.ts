import { statfsSync } from 'node:fs';
import { isBeyondLimits } from '../../os/privileges.ts';
import { formatSize } from '../../values/size.ts';
import type { Stop } from '../events/ending.ts';
import type { OutputWatcher } from './output-watcher.ts';

/** How often, in ms, the limits are checked. */
const pollIntervalMs = 200;
/** A disk with less free space than this, in bytes, counts as full: the records of the run need some. */
const leastFree = 1024 * 1024;

interface Guarded {
  readonly runDir: string;
  /** How much the instances have written. */
  readonly output: Pick<OutputWatcher, 'written' | 'mostWritten'>;
  /** The maximum of that; undefined for no limit. */
  readonly maxBytes: number | undefined;
  readonly stop: (stop: Stop) => void;
}

/** Stops a run whose output fills the disk or exceeds its limit. */
export class OutputGuard implements Disposable {
  readonly #guarded: Guarded;
  readonly #timer: NodeJS.Timeout;

  constructor(guarded: Guarded) {
    this.#guarded = guarded;
    this.#timer = setInterval(() => this.poll(), pollIntervalMs);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  /** Checks the limits now. */
  poll(): void {
    const { runDir, output, maxBytes, stop } = this.#guarded;
    const full = diskProblem(runDir);
    if (full !== undefined) stop({ ending: 'disk-full', why: full });
    if (maxBytes === undefined) return;
    const bytes = output.written;
    if (bytes <= maxBytes) return;
    const [writer = '', most = 0] = output.mostWritten ?? [];
    const why = `the instances have written ${formatSize(bytes)}, more than --max-output allows (${formatSize(maxBytes)}); ${writer} has written ${formatSize(most)} of it`;
    stop({ ending: 'max-output', why });
  }
}

/** Why the disk of a folder counts as full, as text; undefined if it does not, or if this cannot be determined. */
export function diskProblem(dir: string): string | undefined {
  try {
    const { bavail, bfree, bsize, blocks, files, ffree } = statfsSync(dir);
    // Some space is reserved for root.
    const free = (isBeyondLimits() ? bfree : bavail) * bsize;
    if (blocks > 0 && free < leastFree) return `the disk of ${dir} is full (${formatSize(free)} free)`;
    if (files > 0 && ffree === 0)
      return `the disk of ${dir} has no room for another file (no inodes are free)`;
    return undefined;
  } catch {
    return undefined;
  }
}
