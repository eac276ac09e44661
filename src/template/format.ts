import { type GoValue, isArray, sortedEntries } from './values.ts';

/** A value as an action prints it: Go's fmt with %v. */
export function printed(value: GoValue): string {
  return value === undefined ? '<no value>' : inner(value);
}

/** A value inside another one, where an absent value prints as nil. */
export function inner(value: GoValue): string {
  if (value === undefined) return '<nil>';
  if (isArray(value)) return `[${value.map(inner).join(' ')}]`;
  if (typeof value === 'number') return formatFloat(value);
  if (typeof value !== 'object') return String(value);
  if (value.kind === 'time') return value.text;
  if (value.kind === 'struct') return `{${[...value.fields.values()].map(inner).join(' ')}}`;
  return `map[${sortedEntries(value)
    .map(([key, its]) => `${key}:${inner(its)}`)
    .join(' ')}]`;
}

/** Joins values like Go's Sprint: with a space between two values if neither is a string. */
export function sprint(values: readonly GoValue[]): string {
  return values
    .map((value, index) => {
      const before = values[index - 1];
      const apart = index > 0 && typeof before !== 'string' && typeof value !== 'string';
      return `${apart ? ' ' : ''}${inner(value)}`;
    })
    .join('');
}

/** The shortest form that parses back to the same number; with an exponent below 1e-4 and from 1e6 on (Go's %v). */
export function formatFloat(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
  if (Object.is(value, -0)) return '-0';
  const [, mantissa = '0', exponent = '0'] = /^(.*)e([+-]\d+)$/.exec(value.toExponential()) ?? [];
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(value);
  return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}
