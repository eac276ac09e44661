/** Values from one place; `where` says which, in words. */
export interface Layer<Value = unknown> {
  readonly where: string;
  readonly values: Readonly<Record<string, Value>>;
  /** Where a value stands, to the line, for values from a file. */
  readonly placeOf?: (name: string) => string;
}

/** A value, and where it came from. */
export interface Found<Value> {
  readonly value: Value;
  readonly where: string;
  /** Where it stands, to the line, for a value from a file. */
  readonly place?: () => string;
}

/**
 * Lets values trickle down: of each name the strongest layer that has it counts.
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

/** Where a value stands, as nearly as it is known. */
export function placeOf({ where, place }: Found<unknown>): string {
  return place?.() ?? where;
}

/** The values alone. */
export function valuesOf<Value>(found: ReadonlyMap<string, Found<Value>>): Record<string, Value> {
  return Object.fromEntries([...found].map(([name, { value }]) => [name, value]));
}

/** Where each value came from. */
export function originsOf(found: ReadonlyMap<string, Found<unknown>>): Record<string, string> {
  return Object.fromEntries([...found].map(([name, { where }]) => [name, where]));
}
