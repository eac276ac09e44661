import { rmSync } from 'node:fs';

/** Files and folders that this process has begun to write. */
const unfinished = new Set<string>();

/**
 * Has a file or folder removed when the process exits before it is complete: a signal may end tg at any moment.
 * @param path absolute, and of this process alone.
 * @returns what ends that, once the path is renamed or removed.
 */
export function removeAtExit(path: string): Disposable {
  if (unfinished.size === 0) process.on('exit', removeAll);
  unfinished.add(path);
  return {
    [Symbol.dispose]() {
      unfinished.delete(path);
      if (unfinished.size === 0) process.off('exit', removeAll);
    },
  };
}

function removeAll(): void {
  for (const path of unfinished) {
    try {
      rmSync(path, { recursive: true, force: true });
    } catch {
      // The next writer of the same file removes it.
    }
  }
}
