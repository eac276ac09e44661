/** Joins tags in order, as SDKs append them to a name: `tag=value,tag=value`. A comma in a tag is `\,`. */
export function joinTags(tags: readonly (readonly [name: string, value: string])[]): string {
  const texts = tags.map(([name, value]) => `${escaped(name)}=${escaped(value)}`);
  return texts.sort().join(',');
}

/** Splits such a text into names and values; skips parts without a name or a value. */
export function splitTags(text: string): (readonly [name: string, value: string])[] {
  return text.split(/(?<!\\),/).flatMap((tag) => {
    const at = tag.indexOf('=');
    if (at <= 0 || at === tag.length - 1) return [];
    return [[plain(tag.slice(0, at)), plain(tag.slice(at + 1))] as const];
  });
}

function escaped(word: string): string {
  return word.replaceAll(',', '\\,');
}

function plain(word: string): string {
  return word.replaceAll('\\,', ',');
}
