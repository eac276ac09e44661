import * as z from 'zod';
import { comparedMetricSchema } from './compare-json.ts';

/** What `tg compare --failed --json` prints. */
export const compareFailedJsonSchema = z.strictObject({
  version: z.literal(1).describe('changes only with a change that breaks readers'),
  rounds: z.int().describe('number of rounds with a verdict'),
  removed: z.int().describe('number of those that passed and whose outputs were removed'),
  failed: z.array(z.string()).describe('the IDs of those that did not pass'),
  left_out: z.array(z.string()).describe('the IDs of canceled rounds and of those without a verdict'),
  failure_rate: z
    .strictObject({
      share: z.number(),
      low: z.number(),
      high: z.number(),
    })
    .nullable()
    .describe('the share of failed rounds, and its exact 95 % interval; null without rounds'),
  settings: z
    .array(z.strictObject({ setting: z.string(), value: z.string(), failed: z.int() }))
    .describe('settings with values that only failing rounds have, and how many of them have each'),
  partings: z
    .array(
      z.strictObject({
        group: z.string(),
        event: z.string(),
        after: z.string().nullable().describe('the event before it; null if it is the first'),
        by_all: z
          .boolean()
          .describe('whether all instances of the group have it in passing rounds, or at least one'),
        runs: z.array(z.string()).describe('the failing rounds that lack it, and nothing before it'),
        missing: z
          .array(z.string())
          .describe('instances without it in the first of these rounds; some of them'),
      }),
    )
    .describe('the first events that failing rounds lack and all passing ones have'),
  lines: z
    .array(
      z.strictObject({
        class: z.string(),
        line: z.string().describe('with … for numbers, times, addresses and IDs'),
        failed: z.int().describe('number of failing rounds with it'),
        example: z.strictObject({
          run: z.string(),
          group: z.string(),
          index: z.int(),
          elapsed_ms: z.number(),
          text: z.string(),
        }),
      }),
    )
    .describe('lines that occur in failing rounds only, at most 200'),
  lines_left_out: z.int().describe('how many more there are'),
  metrics: z
    .array(comparedMetricSchema)
    .readonly()
    .describe('metrics that differ; the sides are passed and failed rounds'),
});

export type CompareFailedJson = z.output<typeof compareFailedJsonSchema>;
