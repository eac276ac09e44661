import { relative, sep } from 'node:path';

/** Whether a path lies in a folder, or is it; both absolute, or both relative to the same place. */
export function isInside(folder: string, path: string): boolean {
  const below = relative(folder, path);
  return below !== '..' && !below.startsWith(`..${sep}`);
}
