import * as z from 'zod';
import { expectations } from '../../plan/run-spec.ts';
import { thresholdFields } from '../../plan/run-spec-schema.ts';
import { instanceOutcomes, outcomes } from './outcome.ts';
import type { RunResult } from './result.ts';

const counts = z
  .partialRecord(z.enum(instanceOutcomes), z.int())
  .readonly()
  .describe('how many instances there are of each outcome that occurs');

const instanceVerdict = z.strictObject({
  group: z.string(),
  index: z.int().describe('its number in the group, from 0'),
  outcome: z.enum(instanceOutcomes),
  reason: z.string().describe('what was seen, in words'),
});

const groupVerdict = z.strictObject({
  id: z.string(),
  outcome: z.enum(outcomes),
  expect: z.enum(expectations).describe('the final state that its instances were expected to have'),
  total: z.int(),
  counts,
  instances: z.array(instanceVerdict.readonly()).readonly(),
});

const judgedThreshold = z.strictObject({
  ...thresholdFields,
  outcome: z.enum(['met', 'failed', 'unknown']),
  value: z.number().nullable().describe('what was seen; null where nothing was measured'),
  reason: z.string().describe('the same, in words'),
});

/** The format of result.json; a breaking change increments `version`. */
export const resultSchema: z.ZodType<RunResult> = z.strictObject({
  version: z.literal(1),
  run_id: z.string(),
  name: z.string().describe('its name in the composition; default where it has none'),
  plan: z.string(),
  case: z.string(),
  seed: z.string().describe('from which each instance’s TEST_SEED was derived'),
  outcome: z.enum(outcomes),
  error: z.string().nullable().describe('why it did not begin, if it did not'),
  stopped: z
    .strictObject({
      ending: z.enum([
        'timeout',
        'canceled',
        'store-lost',
        'runner-lost',
        // Its name in results of earlier versions.
        'launcher-lost',
        'refused',
        'given-up',
        'disk-full',
        'max-output',
      ]),
      why: z.string(),
    })
    .readonly()
    .nullable()
    .describe('what ended the run early, if anything did'),
  network: z
    .strictObject({
      configured: z.int().describe('how many configurations were answered'),
      not_as_asked: z.int().describe('how many of them asked for more than there is'),
      not_applied: z
        .record(z.string(), z.int())
        .readonly()
        .describe('what was not applied, in words, with the number of configurations that asked for it'),
    })
    .readonly()
    .nullable()
    .describe('what was asked of a sidecar that shapes nothing; null where no group had one'),
  instances: z.int(),
  counts,
  groups: z.array(groupVerdict.readonly()).readonly(),
  thresholds: z
    .array(judgedThreshold.readonly())
    .readonly()
    .default([])
    .describe('the bounds for what was measured, and what was seen'),
  started: z.iso.datetime(),
  ended: z.iso.datetime(),
  duration_ms: z.int(),
});
