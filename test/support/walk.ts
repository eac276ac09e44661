import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The paths of everything below a folder; follows no links (`readdir` with `recursive` does, before Node 22). */
export function walk(dir: string, place = ''): string[] {
  return readdirSync(join(dir, place), { withFileTypes: true }).flatMap((entry) => {
    const path = join(place, entry.name);
    return entry.isDirectory() ? [path, ...walk(dir, path)] : [path];
  });
}
