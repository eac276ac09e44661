import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** Whether a path is a readable file; reading a pipe of that name would block forever. */
export function isPlainFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    // Missing, below a file, or access denied.
    return false;
  }
}

/** The text of a file; empty if it is missing or unreadable. */
export async function textOrEmpty(path: string): Promise<string> {
  return isPlainFile(path) ? await readFile(path, 'utf8').catch(() => '') : '';
}
