import { dirname } from 'node:path';

/** The ancestors of a folder, nearest first. */
export function ancestorsOf(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [] : [parent, ...ancestorsOf(parent)];
}
