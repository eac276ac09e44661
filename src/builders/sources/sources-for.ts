import type { BuildRequest } from '../builder.ts';
import { checkNeeded, notesOnRepositories } from './left-out-notes.ts';
import { NamedPaths } from './named-paths.ts';
import type { NamedText } from './named-texts.ts';
import { readSources, type Sources } from './sources.ts';

/**
 * The files of a plan, including those that are otherwise left out if its lines or scripts name them. Warns about a
 * left-out repository that something reads.
 * @param root the folder that is copied.
 * @param texts the lines and scripts that run in the copy.
 * @throws TgError (build) for named paths that cannot be copied.
 */
export async function sourcesFor(
  { home, signal, warn }: BuildRequest,
  root: string,
  texts: readonly NamedText[],
): Promise<Sources> {
  const named = new NamedPaths(texts);
  const isKept = (place: string) => named.reachesInto(place);
  const sources = await readSources(root, { except: home.root, isKept, signal });
  checkNeeded(root, sources.leftOut, texts);
  for (const note of notesOnRepositories(sources.leftOut, texts)) warn(note);
  return sources;
}
