import { TomlDate, type TomlValue } from 'smol-toml';
import { type GoValue, mapOf } from '../../template/values.ts';

/** Converts a TOML value, parsed with all integers as bigint, to a template value. */
export function goValueOf(value: TomlValue): GoValue {
  if (value instanceof TomlDate) {
    const toml = value
      .toISOString()
      .replace(/(\.\d*?)0+(?=\D|$)/, '$1')
      .replace(/\.(?=\D|$)/, '');
    return { kind: 'time', text: printedTime(toml), toml };
  }
  if (Array.isArray(value)) return value.map(goValueOf);
  if (typeof value !== 'object') return value;
  return mapOf(Object.entries(value).map(([key, its]) => [key, goValueOf(its)]));
}

/**
 * Formats a time with an offset as Go prints it, `1979-05-27 07:32:00 +0000 UTC`, and other times as TOML writes
 * them.
 */
function printedTime(toml: string): string {
  const [, date, time, fraction = '', offset] = /^(\S+?)[T ]([\d:]+)(\.\d+)?(Z|[+-][\d:]+)$/.exec(toml) ?? [];
  if (offset === undefined) return toml;
  const zone = offset === 'Z' ? '+0000 UTC' : `${offset.replace(':', '')} ${offset.replace(':', '')}`;
  return `${date} ${time}${fraction} ${zone}`;
}
