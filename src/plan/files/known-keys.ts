import type * as z from 'zod';

/** A schema as JSON Schema, for looking up keys. */
export type Shape = z.core.JSONSchema._JSONSchema;

/** The schema of a table's values or an array's elements. */
function below(shape: Shape | undefined, key: PropertyKey): Shape | undefined {
  if (typeof shape !== 'object') return undefined;
  const { items, properties, additionalProperties } = shape;
  if (typeof key === 'number') return Array.isArray(items) ? undefined : items;
  return properties?.[String(key)] ?? additionalProperties;
}

/** The keys of a schema at a path. */
export function keysAt(shape: Shape | undefined, path: readonly PropertyKey[]): string[] {
  const its = path.reduce(below, shape);
  return typeof its === 'object' ? Object.keys(its.properties ?? {}) : [];
}

/**
 * Renames keys to their spelling in the schema: testground accepts `Selectors` for `selectors`. Keys that are
 * spelled as in the schema and keys that a file may choose are unchanged.
 */
export function withSchemaKeys(value: unknown, shape: Shape | undefined): unknown {
  if (Array.isArray(value))
    return value.map((element, index) => withSchemaKeys(element, below(shape, index)));
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  const known = new Map(keysAt(shape, []).map((key) => [key.toLowerCase(), key]));
  const named = Object.entries(value).map(([key, its]) => {
    const meant = known.get(key.toLowerCase());
    const name = meant === undefined || Object.hasOwn(value, meant) ? key : meant;
    return [name, withSchemaKeys(its, below(shape, name))] as const;
  });
  return Object.fromEntries(named);
}
