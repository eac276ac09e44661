import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { CargoBuild } from './cargo-messages.ts';

const listFile = 'tg-local-packages.json';

/**
 * Makes Cargo recompile the packages that are local folders. Cargo goes by modification times: a file that another program
 * restored with an older time would not count as changed.
 * @param targetDir where Cargo keeps what it compiled.
 */
export async function forgetLocal(targetDir: string): Promise<void> {
  const names = await readFile(join(targetDir, listFile), 'utf8')
    .then((text) => z.array(z.string()).parse(JSON.parse(text)))
    .catch((): string[] => []);
  if (names.length === 0) return;
  for (const folder of await fingerprints(targetDir)) {
    const units = (await readdir(folder)).filter((unit) =>
      names.includes(unit.replace(/-[0-9a-f]{16}$/, '')),
    );
    for (const unit of units) await forgetUnit(join(folder, unit));
  }
}

/** Removes the fingerprint alone: another Cargo may be at work there, and needs what lies beside it. */
async function forgetUnit(folder: string): Promise<void> {
  for (const file of await readdir(folder)) {
    if (!/^dep-|\.json$|^invoked\.timestamp$/.test(file)) await rm(join(folder, file), { force: true });
  }
}

/** Remembers which packages are folders. */
export async function rememberLocal(targetDir: string, { local }: CargoBuild): Promise<void> {
  await mkdir(targetDir, { recursive: true });
  const names = [...new Set(local.map(({ name }) => name))];
  await writeFile(join(targetDir, listFile), JSON.stringify(names));
}

/** Cargo's folders of fingerprints: of a profile, of a target and a profile. */
async function fingerprints(targetDir: string): Promise<string[]> {
  const below = async (dir: string) =>
    (await readdir(dir, { withFileTypes: true }).catch(() => []))
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(dir, name));
  const first = await below(targetDir);
  const second = (await Promise.all(first.map(below))).flat();
  const third = (await Promise.all(second.map(below))).flat();
  return [...second, ...third].filter((dir) => dir.endsWith('/.fingerprint'));
}
