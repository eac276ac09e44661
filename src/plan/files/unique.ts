import type { z } from 'zod';

/**
 * A check for arrays of tables: a key has another value in each. Runs whatever else is wrong.
 * @param is what a value that comes again is, in words.
 */
export function uniqueBy<Key extends string>(
  key: Key,
  is: string,
): z.core.$ZodCheck<{ readonly [name in Key]: string }[]> {
  const check = (payload: z.core.ParsePayload<{ readonly [name in Key]: string }[]>) => {
    const seen = new Set<string>();
    // Whatever else is wrong: it may be no array, of no tables.
    const elements: readonly unknown[] = Array.isArray(payload.value) ? payload.value : [];
    for (const [index, element] of elements.entries()) {
      const value = Object(element)[key];
      if (typeof value !== 'string') continue;
      if (seen.has(value)) {
        const message = `is ${is}: it must be its own`;
        payload.issues.push({ code: 'custom', path: [index, key], message, input: payload.value });
      }
      seen.add(value);
    }
  };
  return { _zod: { check, def: { check: 'custom', when: () => true }, onattach: [] } } as never;
}
