/** Formats a p-value: `0.0312`, `<0.0001`. */
export function pValue(p: number): string {
  return p < 0.0001 ? '<0.0001' : p.toFixed(4);
}
