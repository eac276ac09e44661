/** Formats a share as a percentage: `+12.5 %`; a value that rounds to zero has no sign. */
export function percent(share: number): string {
  const text = (100 * share).toFixed(1);
  if (Number(text) === 0) return '0.0 %';
  return `${share > 0 ? '+' : ''}${text} %`;
}

/** Formats a share without a sign: `7.2 %`, or `7 %` with no digits. */
export function shareText(share: number, digits = 1): string {
  return `${(100 * share).toFixed(digits)} %`;
}

/** Formats a share without a sign with as many digits as it has, up to three that count: `0.04 %`. */
export function exactShareText(share: number): string {
  return `${Number((100 * share).toPrecision(3))} %`;
}

/** Formats a range of shares as percentages: `-2.1..+12.5 %`. */
export function percentRange([low, high]: readonly [low: number, high: number]): string {
  return `${percent(low).slice(0, -' %'.length)}..${percent(high)}`;
}
