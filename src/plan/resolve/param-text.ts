import { toJson } from '../../values/json.ts';

/**
 * A value of TOML as an instance reads it: numbers and dates as TOML writes them, tables and arrays as JSON, with the keys
 * in order and `<`, `>` and `&` as escapes, which is what Go makes of them.
 */
export function textOf(value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'object' && value !== null) return goJson(value);
  if (typeof value === 'number' && !Number.isFinite(value))
    return String(value).replace('Infinity', 'inf').toLowerCase();
  return String(value);
}

function goJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goJson).join(',')}]`;
  if (typeof value === 'object' && value !== null && !('toJSON' in value)) {
    const entries = Object.entries(value).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    return `{${entries.map(([key, its]) => `${goJson(key)}:${goJson(its)}`).join(',')}}`;
  }
  return (toJson(value) ?? 'null').replace(/[<>&\u2028\u2029]/g, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
