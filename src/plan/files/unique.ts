import type { z } from 'zod';

/**
 * Checks that a key is unique in an array of tables. Runs even if other checks fail.
 * @param is describes a duplicate value.
 */
export function uniqueBy<Key extends string>(
  key: Key,
  is: string,
): z.core.$ZodCheck<{ readonly [name in Key]: string }[]> {
  const check = (payload: z.core.ParsePayload<{ readonly [name in Key]: string }[]>) => {
    const seen = new Set<string>();
    // Other checks may have failed: the value may not be an array of tables.
    const elements: readonly unknown[] = Array.isArray(payload.value) ? payload.value : [];
    for (const [index, element] of elements.entries()) {
      const value = Object(element)[key];
      if (typeof value !== 'string') continue;
      if (seen.has(value)) {
        const message = `is ${is}: it must be unique`;
        payload.issues.push({ code: 'custom', path: [index, key], message, input: payload.value });
      }
      seen.add(value);
    }
  };
  return { _zod: { check, def: { check: 'custom', when: () => true }, onattach: [] } } as never;
}
