import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { textOrEmpty } from '../plain-file.ts';
import { NamedPaths } from './named-paths.ts';
import type { NamedText } from './named-texts.ts';
import { type Digest, digestOfTexts } from './sources.ts';

/** Commands that create or fill a Python environment. */
const makers = /-m\s+venv\b|\bvirtualenv\b|\b(?:uv|poetry|pdm|pipenv|hatch|conda|mamba|micromamba)\s/;

/** Whether a build uses the plan's existing environment; a build that creates its own must not find it. */
export function usesEnvironment(texts: readonly NamedText[], environment: string): boolean {
  return (
    new NamedPaths(texts).reachesInto(environment) &&
    !texts.some(({ kind, text }) => kind !== 'program' && makers.test(text))
  );
}

/** A digest of an environment, from its interpreter and the names of its packages, which include the versions. */
export async function digestEnvironment(dir: string): Promise<Digest> {
  const libraries = (await readdir(join(dir, 'lib')).catch(() => [])).sort();
  const installed = await Promise.all(
    libraries.map(
      async (library) => await readdir(join(dir, 'lib', library, 'site-packages')).catch(() => []),
    ),
  );
  return digestOfTexts([dir, await textOrEmpty(join(dir, 'pyvenv.cfg')), ...installed.flat().sort()]);
}
