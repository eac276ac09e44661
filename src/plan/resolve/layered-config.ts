/** Values from one source; `where` names it. */
export interface Layer<Value = unknown> {
  readonly where: string;
  readonly values: Readonly<Record<string, Value>>;
  /** The place of a value with its line, for values from a file. */
  readonly placeOf?: (name: string) => string;
}

/** A value with its source. */
export interface Found<Value> {
  readonly value: Value;
  readonly where: string;
  /** The place with its line, for a value from a file. */
  readonly place?: () => string;
}

/**
 * Merges layers: for each name, the value of the strongest layer that has it wins.
 * @param layers weakest first.
 */
export function firstDefined<Value>(layers: readonly Layer<Value>[]): Map<string, Found<Value>> {
  const found = new Map<string, Found<Value>>();
  for (const { where, values, placeOf } of layers) {
    for (const [name, value] of Object.entries(values))
      found.set(name, { value, where, ...(placeOf && { place: () => placeOf(name) }) });
  }
  return found;
}

/** The most precise known place of a value. */
export function placeOf({ where, place }: Found<unknown>): string {
  return place?.() ?? where;
}

export function valuesOf<Value>(found: ReadonlyMap<string, Found<Value>>): Record<string, Value> {
  return Object.fromEntries([...found].map(([name, { value }]) => [name, value]));
}

export function originsOf(found: ReadonlyMap<string, Found<unknown>>): Record<string, string> {
  return Object.fromEntries([...found].map(([name, { where }]) => [name, where]));
}
