import * as z from 'zod';

const interval = z.tuple([z.number(), z.number()]).readonly().nullable();
const share = z.number().nullable();

const effect = z
  .strictObject({
    value: z.number(),
    interval: interval.describe('its 95 % confidence interval; null if there are too few runs or instances'),
    change: share.describe('relative to the baseline, as a share of its value; null if that is 0'),
    change_interval: interval.describe('its 95 % confidence interval'),
  })
  .nullable()
  .describe('null if there are too few samples');

const side = z
  .strictObject({
    value: z.number().describe('the mean of its values'),
    interval: interval.describe('the 95 % confidence interval of value'),
    change: share.describe('relative to the baseline, as a share of its value; null if that is 0'),
    change_interval: interval.describe('the 95 % confidence interval of change'),
    p: z.number().nullable().describe('the p-value; null for the baseline, and if there are too few values'),
    of: z.enum(['run', 'instance']).describe('what one value represents, and what intervals are over'),
    count: z.int().describe('number of values'),
    samples: z.int().describe('number of all samples'),
    quantiles: z
      .enum(['pooled', 'averaged'])
      .describe('quantiles of all samples together, or the mean of those that instances have computed'),
    p50: effect,
    p95: effect,
    p99: effect,
  })
  .readonly()
  .nullable()
  .describe('null for a side that has not measured it');

const point = z
  .record(z.string(), z.string())
  .readonly()
  .describe('the values of the axes of the matrix at which the sides are compared; empty without a matrix');

const gate = z.strictObject({
  gate: z.string().describe('as it was written'),
  side: z.string().describe('A, B, …'),
  point,
  outcome: z.enum(['passed', 'failed', 'undecided']),
  measured: z
    .number()
    .nullable()
    .describe('the change from the baseline, or the value if the limit is one; null if it is not known'),
  interval: interval.describe('its 95 % confidence interval'),
  of: z.enum(['run', 'instance']).nullable().describe('what the interval is over'),
  reason: z.string(),
});

/** A metric on all sides. */
export const comparedMetricSchema = z.strictObject({
  metric: z.string(),
  sides: z.array(side).readonly().describe('in the order of sides'),
});

/** What `tg compare --json` prints. */
export const compareJsonSchema = z.strictObject({
  version: z.literal(1).describe('changes only with a change that breaks readers'),
  method: z.string().describe('the statistical test'),
  baseline: z.string().describe('the side that the others are compared with: A, B, …'),
  sides: z.array(
    z.strictObject({
      name: z.string().describe('A, B, …'),
      title: z.string().describe('the settings in which it differs from the other sides; empty if none'),
      runs: z.array(z.string()),
      saturated_runs: z
        .int()
        .describe('the number of its runs during which the machine was saturated: times may be its own'),
    }),
  ),
  differ: z.array(z.string()).readonly().describe('the settings in which the sides differ, one per line'),
  metrics: z.array(z.strictObject({ point, ...comparedMetricSchema.shape })).readonly(),
  left_out: z.array(z.string()).readonly().describe('points that a side lacks, one per line'),
  gates: z.array(gate).readonly().describe('what --fail-if says of each side'),
});

export type ComparedMetricJson = z.output<typeof comparedMetricSchema>;

export type CompareJson = z.output<typeof compareJsonSchema>;
