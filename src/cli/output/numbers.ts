/**
 * Formats a number for people: significant digits only, without an exponent where possible.
 * @param digits how many of them.
 */
export function shortNumber(value: number, digits = 5): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value);
  const short =
    Math.abs(value) >= 1e5 && Math.abs(value) < 1e15 ? Math.round(value) : Number(value.toPrecision(digits));
  return Math.abs(short) >= 1e15 || (short !== 0 && Math.abs(short) < 1e-6)
    ? short.toExponential()
    : short.toString();
}
