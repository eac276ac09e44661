import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { textOrEmpty } from '../plain-file.ts';
import { NamedPaths } from './named-paths.ts';
import type { NamedText } from './named-texts.ts';
import { type Digest, digestOfTexts } from './sources.ts';

/** What makes an environment of Python, or fills the one beside it. */
const makers = /-m\s+venv\b|\bvirtualenv\b|\b(?:uv|poetry|pdm|pipenv|hatch|conda|mamba|micromamba)\s/;

/** Whether a build runs from an environment that the plan has already: one that makes its own must not find it. */
export function usesEnvironment(texts: readonly NamedText[], environment: string): boolean {
  return (
    new NamedPaths(texts).reachesInto(environment) &&
    !texts.some(({ kind, text }) => kind !== 'program' && makers.test(text))
  );
}

/** A digest of an environment by its interpreter and the names of what is installed: those have the versions in them. */
export async function digestEnvironment(dir: string): Promise<Digest> {
  const libraries = (await readdir(join(dir, 'lib')).catch(() => [])).sort();
  const installed = await Promise.all(
    libraries.map(
      async (library) => await readdir(join(dir, 'lib', library, 'site-packages')).catch(() => []),
    ),
  );
  return digestOfTexts([dir, await textOrEmpty(join(dir, 'pyvenv.cfg')), ...installed.flat().sort()]);
}
