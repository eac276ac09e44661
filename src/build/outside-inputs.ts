import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import * as z from 'zod';
import { unfinishedEnding } from '../temp-folder.ts';
import { digestOf } from './sources.ts';

const listSchema = z.array(z.string());

/**
 * Files outside the plan's folder that its bundle takes in, found by the last build of the same sources; their content
 * counts for the key.
 * @param index where the list is kept.
 * @param find looks for them, where there is no list yet; paths below or beside the plan's folder.
 * @returns a digest of what they hold.
 */
export async function digestOutside(
  index: string,
  planDir: string,
  find: () => Promise<readonly string[]>,
): Promise<string> {
  const known = await readFile(index, 'utf8')
    .then((text) => listSchema.parse(JSON.parse(text)))
    .catch(() => undefined);
  const files = known ?? (await find()).map((path) => resolve(planDir, path)).filter(outside(planDir));
  if (known === undefined) {
    const partial = `${index}.${unfinishedEnding}`;
    await mkdir(dirname(index), { recursive: true });
    await writeFile(partial, JSON.stringify(files));
    await rename(partial, index);
  }
  const contents = files.map(async (file) => `${file}\0${await readFile(file, 'utf8').catch(() => 'none')}`);
  return digestOf(await Promise.all(contents));
}

function outside(planDir: string): (path: string) => boolean {
  const inside = join(planDir, '/');
  return (path) => isAbsolute(path) && !path.startsWith(inside);
}
