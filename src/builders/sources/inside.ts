import { relative, sep } from 'node:path';

/** Whether a path is a folder or is inside it; both absolute, or both relative to the same folder. */
export function isInside(folder: string, path: string): boolean {
  const below = relative(folder, path);
  return below !== '..' && !below.startsWith(`..${sep}`);
}
