import { dirname } from 'node:path';

/** The ancestors of a folder, nearest first. */
export function above(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [] : [parent, ...above(parent)];
}
