import { TgError } from '../../util/errors.ts';
import { redactUrls } from '../../util/redact-url.ts';

/**
 * Parses repeated `k=v` arguments; a later one wins. The value may contain `=`.
 * @throws TgError (usage) for an argument without `=` or with an empty key.
 */
export function readKeyValues(flag: string, given: readonly string[]): Record<string, string> {
  const pairs: Record<string, string> = {};
  for (const text of given) {
    const at = text.indexOf('=');
    if (at < 1) {
      throw new TgError('usage', `${JSON.stringify(redactUrls(text))} is not of the form key=value`, {
        where: flag,
        hint: `For instance ${flag} name=value; repeat the flag for more.`,
      });
    }
    const key = text.slice(0, at);
    if (key === '__proto__') throw new TgError('usage', 'the name __proto__ is reserved', { where: flag });
    pairs[key] = text.slice(at + 1);
  }
  return pairs;
}
