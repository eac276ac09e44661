import { dirname } from 'node:path';

/** The folders above a folder, nearest first. */
export function above(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [] : [parent, ...above(parent)];
}
