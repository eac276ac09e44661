import { TomlDate, type TomlValue } from 'smol-toml';
import { type GoValue, mapOf } from '../../template/values.ts';

/** A value of TOML, read with all integers as bigint, as a template knows it. */
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

/** `1979-05-27 07:32:00 +0000 UTC`, as Go prints a time that has an offset; others as TOML writes them. */
function printedTime(toml: string): string {
  const [, date, time, fraction = '', offset] = /^(\S+?)[T ]([\d:]+)(\.\d+)?(Z|[+-][\d:]+)$/.exec(toml) ?? [];
  if (offset === undefined) return toml;
  const zone = offset === 'Z' ? '+0000 UTC' : `${offset.replace(':', '')} ${offset.replace(':', '')}`;
  return `${date} ${time}${fraction} ${zone}`;
}
