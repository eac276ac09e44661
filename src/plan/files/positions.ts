import { type AST, ParseError, parseTOML } from 'toml-eslint-parser';

/** The path of a value from the top of a file: keys of tables and indexes of arrays. */
export type KeyPath = readonly PropertyKey[];

/** The places of the values of a TOML text. */
export interface Positions {
  /**
   * The offset, in characters, of the key of a value, or of its nearest parent. If no key matches exactly, a key
   * that differs only in case does.
   */
  offsetOf(path: KeyPath): number;
}

/**
 * The places of the values of a TOML text, which is parsed on first use.
 * @param toml a text that smol-toml could parse.
 */
export function positionsIn(toml: string): Positions {
  let places: readonly Place[] | undefined;
  return {
    offsetOf(path) {
      places ??= [...placesIn(toml)];
      const exact = nearestAbove(places, path, (a, b) => a === b);
      if (exact.depth === path.length) return exact.offset;
      const inAnyCase = nearestAbove(places, path, (a, b) => lowerCase(a) === lowerCase(b));
      return inAnyCase.depth > exact.depth ? inAnyCase.offset : exact.offset;
    },
  };
}

function nearestAbove(
  places: readonly Place[],
  path: KeyPath,
  same: (a: PropertyKey, b: PropertyKey | undefined) => boolean,
): { readonly depth: number; readonly offset: number } {
  let best = { depth: 0, offset: 0 };
  for (const place of places) {
    const fits = place.path.every((key, index) => same(key, path[index]));
    if (fits && place.path.length > best.depth) best = { depth: place.path.length, offset: place.offset };
  }
  return best;
}

function lowerCase(key: PropertyKey | undefined): PropertyKey | undefined {
  return typeof key === 'string' ? key.toLowerCase() : key;
}

interface Place {
  readonly path: KeyPath;
  readonly offset: number;
}

function* placesIn(toml: string): Iterable<Place> {
  const program = parsed(toml);
  if (program === undefined) return;
  for (const node of program.body[0].body) {
    if (node.type === 'TOMLKeyValue') yield* placesOf(node, []);
    else {
      // `[a.b]` and `[[a.b]]` also are the place of a, unless an earlier one is.
      for (let depth = 1; depth <= node.resolvedKey.length; depth++)
        yield { path: node.resolvedKey.slice(0, depth), offset: node.range[0] };
      for (const pair of node.body) yield* placesOf(pair, node.resolvedKey);
    }
  }
}

/**
 * Parses the text. This parser rejects some texts that smol-toml accepts (an invalid date); no value has a place
 * then.
 */
function parsed(toml: string): AST.TOMLProgram | undefined {
  try {
    // Replaces a byte order mark by white space, so that offsets stay the same.
    return parseTOML(toml.replace(/^\uFEFF/, ' '), { tomlVersion: '1.1' });
  } catch (error) {
    if (error instanceof ParseError) return undefined;
    throw error;
  }
}

function* placesOf(pair: AST.TOMLKeyValue, above: KeyPath): Iterable<Place> {
  const names = pair.key.keys.map((key) => (key.type === 'TOMLBare' ? key.name : key.value));
  const path = [...above, ...names];
  // `a.b = 1` also is the place of a.
  for (let depth = above.length + 1; depth <= path.length; depth++) {
    yield { path: path.slice(0, depth), offset: pair.range[0] };
  }
  yield* placesWithin(pair.value, path);
}

function* placesWithin(value: AST.TOMLContentNode, path: KeyPath): Iterable<Place> {
  if (value.type === 'TOMLInlineTable') for (const pair of value.body) yield* placesOf(pair, path);
  if (value.type !== 'TOMLArray') return;
  for (const [index, element] of value.elements.entries()) {
    yield { path: [...path, index], offset: element.range[0] };
    yield* placesWithin(element, [...path, index]);
  }
}
