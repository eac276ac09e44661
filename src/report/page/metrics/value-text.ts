import { short } from '../format.ts';

/** Units that have a larger one, with its name and how many make one of it. */
const scales: Readonly<Record<string, readonly (readonly [unit: string, size: number])[]>> =
  Object.fromEntries(
    ['ns', 'µs', 'ms', 's'].map((unit, place, all) => [
      unit,
      all.map((each, other) => [each, 1_000 ** (other - place)] as const),
    ]),
  );
const byteUnits = ['bytes', 'kB', 'MB', 'GB', 'TB'];

/** Formats a value with its unit and four significant digits: 25500000 ns is `25.5 ms`. */
export function valueText(value: number, unit: string | null): string {
  if (!Number.isFinite(value)) return '–';
  if (unit === null) return short(value);
  if (value === 0) return `0 ${unit}`;
  const rate = /^bytes(\/s)?$/.exec(unit);
  if (rate !== null) {
    const suffix = rate[1] ?? '';
    return scaled(
      value,
      byteUnits.map((each, power) => [`${each}${suffix}`, 1_000 ** power] as const),
      unit,
    );
  }
  if (unit === '/s') return `${short(value)}/s`;
  return scaled(value, scales[unit] ?? [], unit);
}

/** In the largest unit of which there is at least one. */
function scaled(
  value: number,
  units: readonly (readonly [unit: string, size: number])[],
  unit: string,
): string {
  const size = Math.abs(value);
  const [name, one] = units.findLast(([, each]) => size >= each * (1 - 1e-9)) ?? units[0] ?? [unit, 1];
  return `${short(Number((value / one).toPrecision(4)))} ${name}`;
}
