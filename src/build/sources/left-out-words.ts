import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Sources } from './sources.ts';

/** At most this number of names stands in one line. */
const mostNames = 8;

/** What a person is to know of a plan's files: each line says one kind of thing that is not copied. */
export function notesOn(
  planDir: string,
  builder: string,
  { leftOut, linked }: Pick<Sources, 'leftOut' | 'linked'>,
): string[] {
  const others = leftOut.filter(({ kind, path }) => kind !== 'cache' || !isExpected(planDir, builder, path));
  return [
    ...(others.length === 0
      ? []
      : [`left out of the plan: ${listed(others.map(({ path, why }) => `${path} (${why})`))}`]),
    ...(linked.length === 0
      ? []
      : [`linked, not copied; changes there build nothing anew: ${listed(linked)}`]),
  ];
}

/** What tools call a cache, as `.pytest_cache` is, and what Cargo has made beside its sources, where Cargo builds the plan. */
function isExpected(planDir: string, builder: string, path: string): boolean {
  const name = basename(path);
  if (name === 'target' && builder === 'exec:rust')
    return existsSync(join(planDir, dirname(path), 'Cargo.toml'));
  return /^(\.\w*cache|__pycache__)$/i.test(name);
}

function listed(names: readonly string[]): string {
  const more = names.length - mostNames;
  return names.slice(0, mostNames).join(', ') + (more > 0 ? `, and ${more} more` : '');
}
