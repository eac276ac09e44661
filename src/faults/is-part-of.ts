import { isDeepStrictEqual } from 'node:util';

/**
 * Whether a JSON value has everything that another one has: of an object, the same fields and perhaps more, at every
 * depth; everything else must be equal.
 */
export function isPartOf(part: unknown, whole: unknown): boolean {
  if (!isObject(part)) return isDeepStrictEqual(part, whole);
  if (!isObject(whole)) return false;
  return Object.entries(part).every(([key, its]) => Object.hasOwn(whole, key) && isPartOf(its, whole[key]));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
