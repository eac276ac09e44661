import { distance } from 'fastest-levenshtein';

/**
 * The known names closest to the typed text, best first, at most `max`.
 * Leaves out names that would need changes to more than a third of the typed letters.
 */
export function suggestions(typed: string, known: Iterable<string>, max = 3): string[] {
  const lower = typed.toLowerCase();
  return [...known]
    .map((name) => ({ name, away: distance(lower, name.toLowerCase()) }))
    .filter(({ name, away }) => away <= Math.ceil(typed.length / 3) || name.includes(typed))
    .sort((a, b) => a.away - b.away || a.name.localeCompare(b.name))
    .slice(0, max)
    .map(({ name }) => name);
}

/** A hint that names the nearest known names, or all of them if none is near. */
export function didYouMean(typed: string, known: Iterable<string>, what: string): string {
  const all = [...known];
  if (all.length === 0) return `There is no ${what}.`;
  const near = suggestions(typed, all);
  if (near.length > 0) return `Did you mean ${near.join(', ')}?`;
  return `Known: ${all.join(', ')}.`;
}
