import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** Whether a path is a file that can be read to its end: a pipe of that name would be waited for without end. */
export function isPlainFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    // Not there, below a file, or closed to us.
    return false;
  }
}

/** The text of a file; empty where there is none, or it cannot be read. */
export async function textOrEmpty(path: string): Promise<string> {
  return isPlainFile(path) ? await readFile(path, 'utf8').catch(() => '') : '';
}
