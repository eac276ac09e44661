import { rmSync } from 'node:fs';

/** Incomplete files and folders of this process. */
const unfinished = new Set<string>();

/**
 * Removes an incomplete file or folder when the process exits: a signal may end tg at any moment.
 * @param path absolute, and used by this process only.
 * @returns a handle to dispose of once the path is renamed or removed.
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
      // Again if something appears in a folder meanwhile: the file system calls of other threads go on.
      rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 10 });
    } catch {
      // The next writer of the same file removes it.
    }
  }
}
