import type * as z from 'zod';

/** A schema as JSON Schema, in which its keys are looked up. */
export type Shape = z.core.JSONSchema._JSONSchema;

/** What a schema has for the values behind the keys of a table, or the elements of an array. */
function below(shape: Shape | undefined, key: PropertyKey): Shape | undefined {
  if (typeof shape !== 'object') return undefined;
  const { items, properties, additionalProperties } = shape;
  if (typeof key === 'number') return Array.isArray(items) ? undefined : items;
  return properties?.[String(key)] ?? additionalProperties;
}

/** The keys that a schema has at a place. */
export function keysAt(shape: Shape | undefined, path: readonly PropertyKey[]): string[] {
  const its = path.reduce(below, shape);
  return typeof its === 'object' ? Object.keys(its.properties ?? {}) : [];
}

/**
 * A value whose keys are as a schema writes them: Testground takes `Selectors` for `selectors`. A key that is there as the
 * schema writes it stays what it is, and so do keys that a file is free to choose.
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
