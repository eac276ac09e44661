import * as z from 'zod';

const side = z
  .strictObject({
    value: z.number().describe('the mean of its values'),
    change: z.number().nullable().describe('relative to side A, as a share of its value; null if that is 0'),
    p: z.number().nullable().describe('the p-value; null for side A, and if there are too few values'),
    of: z.enum(['run', 'instance']).describe('what one value represents'),
    count: z.int().describe('number of values'),
  })
  .readonly()
  .nullable()
  .describe('null for a side that has not measured it');

/** What `tg compare --json` prints. */
export const compareJsonSchema = z.strictObject({
  version: z.literal(1).describe('changes only with a change that breaks readers'),
  method: z.string().describe('the statistical test'),
  sides: z.array(z.strictObject({ name: z.string().describe('A, B, …'), runs: z.array(z.string()) })),
  differ: z.array(z.string()).readonly().describe('the settings in which the sides differ, one per line'),
  metrics: z
    .array(
      z.strictObject({
        metric: z.string(),
        sides: z.array(side).readonly().describe('in the order of sides'),
      }),
    )
    .readonly(),
});

export type CompareJson = z.output<typeof compareJsonSchema>;
