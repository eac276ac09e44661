/**
 * Keys whose values are data of plans and users, not of tg: the names in them are not rewritten. `parent.key` applies
 * below that parent only.
 */
export type DataKeys = ReadonlySet<string>;

/** The keys of a RunSpec whose values are data of plans and users, in both cases. */
export const runSpecDataKeys: readonly string[] = [
  ...['params', 'profiles', 'buildConfig', 'build_config', 'build.config', 'configOrigins', 'config_origins'],
  ...['config.runner', 'point', 'metricUnits', 'metric_units', 'cue.value'],
];

/** Rewrites the keys of JSON data to snake_case, as in all of tg's JSON. */
export function toSnakeCase(value: unknown, data: DataKeys): unknown {
  return rewritten(value, data, (key) => key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
}

/** Rewrites the keys of JSON data to camelCase, as in the code. Keys in camelCase stay unchanged. */
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
