import { toJson } from '../../values/json.ts';

/**
 * Formats a TOML value for an instance: numbers and dates as in TOML; tables and arrays as JSON with sorted keys
 * and with `<`, `>` and `&` escaped, as Go writes them.
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
