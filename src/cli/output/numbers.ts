/** A number for a person: as many digits as tell something, and no exponent where one can do without. */
export function shortNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value);
  const short =
    Math.abs(value) >= 1e5 && Math.abs(value) < 1e15 ? Math.round(value) : Number(value.toPrecision(5));
  return Math.abs(short) >= 1e15 || (short !== 0 && Math.abs(short) < 1e-6)
    ? short.toExponential()
    : short.toString();
}
