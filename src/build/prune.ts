import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Home } from '../home.ts';
import { recordFile } from './artifact-record.ts';

/** Something that builders keep between runs. */
export interface Work {
  readonly name: string;
  readonly dir: string;
  /** When it was last made or used. */
  readonly used: Date;
}

/** When a file or a folder was changed; undefined where there is none. */
async function changeOf(path: string): Promise<Date | undefined> {
  return await stat(path).then(
    ({ mtime }) => mtime,
    () => undefined,
  );
}

/** What builders keep that was not used since a moment: artifacts, and what they were made with. */
export async function workOlderThan({ work }: Home, before: Date): Promise<Work[]> {
  const names = await readdir(work).catch(() => []);
  const all = await Promise.all(
    names.map(async (name) => {
      const dir = join(work, name);
      const used = (await changeOf(join(dir, recordFile))) ?? (await changeOf(dir));
      return { name, dir, used };
    }),
  );
  return all.flatMap(({ used, ...its }) => (used !== undefined && used < before ? [{ ...its, used }] : []));
}

export async function removeWork(dir: string): Promise<void> {
  await rm(dir, { recursive: true, force: true });
}
