/** A JSON object of which nothing else is known. */
export type Fields = Readonly<Record<string, unknown>>;

/** Whether something is a JSON object, and no array. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
