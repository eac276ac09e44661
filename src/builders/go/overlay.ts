import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { digestOf, joinDigests } from '../sources/sources.ts';
import { digestInput } from '../store/inputs.ts';
import { readOverlay, type Untracked } from './inputs-beyond-sources.ts';

/**
 * The flags that make the build cache of `go build` track files that Go does not know, for instance headers outside
 * of a package's folder. In this build only, each package gets an additional file without code that contains their
 * digests.
 * @param flags the GOFLAGS and the flags of the build, which may name an overlay.
 * @param scratch a folder that is removed after the build.
 */
export async function flagsForUntracked(
  untracked: readonly Untracked[],
  {
    flags,
    dir,
    scratch,
    minor,
  }: { readonly flags: string; readonly dir: string; readonly scratch: string; readonly minor: number },
): Promise<string[]> {
  if (untracked.length === 0) return [];
  // This version has no overlays; rebuild everything.
  if (minor < 16) return ['-a'];
  // The last one wins.
  const named = [...flags.matchAll(/-overlay[= ]["']?([^\s'"]+)/g)].at(-1)?.[1];
  const replace: Record<string, string> = {};
  Object.assign(replace, named === undefined ? {} : await readOverlay(resolve(dir, named)));
  for (const [at, { package: its, files, flags: asked }] of untracked.entries()) {
    const digests = await Promise.all(files.map((name) => digestInput({ kind: 'file', name }, {})));
    const file = join(scratch, `untracked-${at}.txt`);
    await writeFile(
      file,
      `package ${its.name}\n\n// ${digestOf([joinDigests(digests).content, ...asked])}\n`,
    );
    replace[newFileIn(its.dir)] = file;
  }
  const overlay = join(scratch, 'overlay.json');
  await writeFile(overlay, JSON.stringify({ Replace: replace }));
  return [`-overlay=${overlay}`];
}

function newFileIn(dir: string, name = 'tg'): string {
  const file = join(dir, `${name}_inputs.go`);
  return existsSync(file) ? newFileIn(dir, `${name}_tg`) : file;
}
