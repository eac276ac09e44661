import type { LeftOut } from './sources.ts';

/** So many names are in one line. */
const mostNames = 8;

/** What a person is to know of a plan's files: each line says one kind of thing that is not copied. */
export function notesOn({
  leftOut = [],
  linked = [],
}: {
  readonly leftOut?: readonly LeftOut[];
  readonly linked?: readonly string[];
}): string[] {
  const others = leftOut.filter(({ kind, path }) => !(kind === 'cache' && isCacheByName(path)));
  return [
    ...(others.length === 0
      ? []
      : [`left out of the plan: ${listed(others.map(({ path, why }) => `${path} (${why})`))}`]),
    ...(linked.length === 0
      ? []
      : [`linked, not copied; changes there build nothing anew: ${listed(linked)}`]),
  ];
}

/** What is called a cache, as `.pytest_cache` is, surprises nobody. */
function isCacheByName(path: string): boolean {
  return /cache/i.test(path.split('/').at(-1) ?? '');
}

function listed(names: readonly string[]): string {
  const more = names.length - mostNames;
  return names.slice(0, mostNames).join(', ') + (more > 0 ? `, and ${more} more` : '');
}
