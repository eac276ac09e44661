import * as z from 'zod';

/**
 * Converts a schema to JSON Schema (draft 2020-12), for editors and for readers of tg's files.
 * @param io whether to describe the content of a file or the parsed value.
 */
export function jsonSchemaOf(schema: z.ZodType, title: string, io: 'input' | 'output' = 'input'): object {
  return { title, ...z.toJSONSchema(schema, { io, unrepresentable: 'any' }) };
}
