import * as z from 'zod';
import { metricTypes, sources } from '../../../metrics/sample.ts';
import { quantileNames } from '../../../metrics/stats.ts';
import { statNames } from '../../../plan/threshold.ts';

const row = z.strictObject({
  source: z.enum(sources).describe('the file or the service that it came by'),
  type: z.enum(metricTypes),
  metric: z.string().describe('for pushed points with several fields: <measurement>.<field>'),
  tags: z.string(),
  group: z.string(),
  ...objectOf(statNames, z.number()),
  unit: z
    .string()
    .nullable()
    .describe('the unit of its values, but not of its count; null if it is not declared'),
  least: z
    .strictObject(objectOf(quantileNames, z.number()))
    .nullable()
    .describe(
      'the lower bounds of the quantiles if instances report summaries, which makes the quantiles upper bounds; null if they are exact',
    ),
});

/** What `tg metrics --json` prints. */
export const metricsJsonSchema = z.strictObject({
  version: z.literal(1).describe('changes only with a change that breaks readers'),
  run_id: z.string(),
  metrics: z.array(row).readonly(),
});

export type MetricsJson = z.output<typeof metricsJsonSchema>;

function objectOf<Name extends string, Schema>(names: readonly Name[], schema: Schema): Record<Name, Schema> {
  return Object.fromEntries(names.map((name) => [name, schema])) as Record<Name, Schema>;
}
