/** Formats a share as a percentage: `+12.5 %`; a value that rounds to zero has no sign. */
export function percent(share: number): string {
  const text = (100 * share).toFixed(1);
  if (Number(text) === 0) return '0.0 %';
  return `${share > 0 ? '+' : ''}${text} %`;
}
