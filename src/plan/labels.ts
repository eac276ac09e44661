import { firstDuplicate } from '../util/duplicates.ts';
import { TgError } from '../util/errors.ts';

/** Letters, digits and signs that a shell, a list with commas and a path leave alone. */
const form = /^[\p{L}\p{N}](?:[\p{L}\p{N} _.:@+=#-]{0,62}[\p{L}\p{N}_.:@+=#-])?$/u;
/** What names something else: the latest runs, the ID of a run or of a series. */
const taken = /^(?:latest(?:~.*)?|s?[0-9a-v]{20})$/;

/**
 * Checks the labels of a run.
 * @param where what gave them, for messages.
 * @throws TgError (usage) for a label that cannot be typed where a run is named, and for one given twice.
 */
export function checkLabels(given: readonly string[], where: string): readonly string[] {
  // One form for letters with accents, which keyboards and file names write in two.
  const labels = given.map((label) => label.normalize('NFC'));
  for (const label of labels) {
    if (form.test(label) && !taken.test(label)) continue;
    throw new TgError('usage', `not a label: ${JSON.stringify(label)}`, {
      where,
      hint: 'Use up to 64 letters, digits, spaces and _ . : @ + = # -, beginning with a letter or a digit; not "latest", nor the ID of a run or a series.',
    });
  }
  const twice = firstDuplicate(labels);
  if (twice !== undefined)
    throw new TgError('usage', `the label "${twice}" is given twice`, {
      where,
      hint: 'Give each label once.',
    });
  return labels;
}
