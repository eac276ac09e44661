/** The first value that occurred before; undefined if all are distinct. */
export function firstDuplicate<Value>(values: Iterable<Value>): Value | undefined {
  const seen = new Set<Value>();
  for (const value of values) {
    if (seen.has(value)) return value;
    seen.add(value);
  }
  return undefined;
}
