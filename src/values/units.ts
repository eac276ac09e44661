const rateUnits = ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s'] as const;

/** Formats a rate in bits per second, more than 0: `1.6 Mbit/s`. */
export function rateText(rate: number): string {
  const step = Math.min(rateUnits.length - 1, Math.max(0, Math.floor(Math.log10(rate) / 3)));
  return `${Number((rate / 1_000 ** step).toPrecision(4))} ${rateUnits[step]}`;
}

/** Formats milliseconds with up to three decimal places: `0.2 ms`. */
export function msText(ms: number): string {
  return `${Number(ms.toFixed(3))} ms`;
}
