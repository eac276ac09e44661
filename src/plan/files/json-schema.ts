import * as z from 'zod';

/**
 * A schema as JSON Schema (draft 2020-12), for editors and for whoever reads what tg writes.
 * @param io whether it is to describe what is written into a file, or what is made of it.
 */
export function jsonSchemaOf(schema: z.ZodType, title: string, io: 'input' | 'output' = 'input'): object {
  return { title, ...z.toJSONSchema(schema, { io, unrepresentable: 'any' }) };
}
