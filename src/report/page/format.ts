/** Formats a time or duration: `1.234 s`, `12.3 ms`. */
export function duration(ms: number): string {
  if (ms === 0) return '0';
  const size = Math.abs(ms);
  if (size >= 60_000) return `${Math.floor(ms / 60_000)} min ${((ms % 60_000) / 1_000).toFixed(1)} s`;
  if (size >= 1_000) return `${(ms / 1_000).toFixed(size >= 10_000 ? 2 : 3)} s`;
  return `${ms.toFixed(size >= 100 ? 0 : size >= 1 ? 1 : 3)} ms`;
}

/** Formats a number with four significant digits. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size >= 1e15) return value.toExponential(3);
  if (size >= 1e6) return large.format(value);
  if (Number.isInteger(value)) return String(value);
  return size < 1e-3 ? value.toExponential(2) : String(Number(value.toPrecision(4)));
}

/** `12.3M` */
const large = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 4 });

/** Formats an amount of memory: `512 MB`. */
export function bytes(count: number): string {
  const power = count < 1e3 ? 0 : Math.min(4, Math.floor(Math.log10(count) / 3));
  const scaled = count / 1e3 ** power;
  return `${Number(scaled.toPrecision(3))} ${['B', 'kB', 'MB', 'GB', 'TB'][power]}`;
}

/** `1 instance`, `2 instances` */
export function many(count: number, what: string): string {
  return `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`;
}
