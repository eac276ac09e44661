import type { RunnerValues } from '../../../plan/run-spec.ts';

/**
 * Reads a list of texts as a person gives it: an array, or one text with separators. Empty texts are left out.
 * @returns undefined if it is neither.
 */
export function readTexts(value: unknown, separator: string): readonly string[] | undefined {
  const given = typeof value === 'string' ? value.split(separator) : value;
  if (!Array.isArray(given) || !given.every((each) => typeof each === 'string')) return undefined;
  return given.map((each) => each.trim()).filter((each) => each !== '');
}

/** The list of texts that a runner's configuration has under a key; empty if it has none. */
export function textsOf(values: RunnerValues, key: string): readonly string[] {
  const { [key]: texts } = values;
  return Array.isArray(texts) ? texts.map(String) : [];
}
