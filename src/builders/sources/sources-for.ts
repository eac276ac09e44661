import type { BuildRequest } from '../builder.ts';
import { checkNeeded, notesOnRepositories } from './left-out-words.ts';
import { NamedPaths } from './named-paths.ts';
import type { NamedText } from './named-texts.ts';
import { readSources, type Sources } from './sources.ts';

/**
 * The files of a plan, with those that are left out otherwise where its lines or scripts name them. A repository that something reads
 * is a warning.
 * @param root the folder that is copied.
 * @param texts the lines and scripts that are carried out in the copy.
 * @throws TgError (build) for what they name and cannot be copied.
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
