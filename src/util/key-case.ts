/**
 * Keys whose values are data of plans and users, not of tg: the names in them stay as they are. A key with a parent
 * counts below that parent only.
 */
export type DataKeys = ReadonlySet<string>;

/** Rewrites the keys of JSON data to snake_case, which all JSON of tg has. */
export function toSnakeCase(value: unknown, data: DataKeys): unknown {
  return rewritten(value, data, (key) => key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
}

/** Rewrites the keys of JSON data to camelCase, which the code has. Data that has it already stays as it is. */
export function toCamelCase(value: unknown, data: DataKeys): unknown {
  return rewritten(value, data, (key) =>
    key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
  );
}

function rewritten(value: unknown, data: DataKeys, rename: (key: string) => string, parent = ''): unknown {
  if (Array.isArray(value)) return value.map((each) => rewritten(each, data, rename, parent));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const isData = data.has(key) || data.has(`${parent}.${key}`);
      return [rename(key), isData ? inner : rewritten(inner, data, rename, key)];
    }),
  );
}
