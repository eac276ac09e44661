import * as z from 'zod';
import { expectations } from '../../plan/run-spec.ts';
import { thresholdFields } from '../../plan/run-spec-schema.ts';
import { causesFields } from '../causes/cause-schema.ts';
import { machineSummarySchema } from '../machine/machine-schema.ts';
import { measuredNetwork } from './network-schema.ts';
import { instanceOutcomes, outcomes } from './outcomes.ts';
import type { RunResult } from './result.ts';

const counts = z
  .partialRecord(z.enum(instanceOutcomes), z.int())
  .readonly()
  .describe('number of instances of each outcome that occurs');

const instanceVerdict = z.strictObject({
  group: z.string(),
  index: z.int().describe('its number in the group, from 0'),
  outcome: z.enum(instanceOutcomes),
  reason: z.string().describe('the reason for the outcome'),
});

const groupVerdict = z.strictObject({
  id: z.string(),
  outcome: z.enum(outcomes),
  expect: z.enum(expectations).describe('the expected final state of its instances'),
  total: z.int(),
  counts,
  instances: z.array(instanceVerdict.readonly()).readonly(),
});

const attachment = z.strictObject({
  group: z.string(),
  index: z.int().describe('the number of the instance in the group, from 0'),
  name: z.string().describe('its path in the outputs of the instance'),
  type: z.string().describe('its media type'),
  bytes: z.int(),
});

const judgedThreshold = z.strictObject({
  ...thresholdFields,
  outcome: z.enum(['met', 'failed', 'unknown']),
  value: z.number().nullable().describe('the measured value; null if nothing was measured'),
  reason: z.string().describe('the reason for the outcome'),
});

/** The format of result.json; a breaking change increments `version`. */
export const resultSchema: z.ZodType<RunResult> = z.strictObject({
  version: z.literal(1),
  run_id: z.string(),
  name: z.string().describe('its name in the composition; default if it has none'),
  plan: z.string(),
  case: z.string(),
  seed: z.string().describe('the seed from which each instance’s TEST_SEED is derived'),
  outcome: z.enum(outcomes),
  error: z.string().nullable().describe('why the run did not begin; null if it did'),
  stopped: z
    .strictObject({
      ending: z.enum([
        'timeout',
        'canceled',
        'store-lost',
        'runner-lost',
        'refused',
        'abandoned',
        'disk-full',
        'max-output',
        // In results of earlier versions, for `runner-lost` and `abandoned`.
        'launcher-lost',
        'given-up',
      ]),
      why: z.string(),
    })
    .readonly()
    .nullable()
    .describe('what ended the run early; null if nothing did'),
  network: z
    .strictObject({
      configured: z.int().describe('number of configurations that were answered'),
      not_as_asked: z.int().describe('number of those with settings that were not applied'),
      not_applied: z
        .record(z.string(), z.int())
        .readonly()
        .describe('settings that were not applied, with the number of configurations that requested each'),
      measured: measuredNetwork
        .readonly()
        .nullable()
        .default(null)
        .describe('what the network did; null if the runner has none of its own, and in earlier results'),
    })
    .readonly()
    .nullable()
    .describe('network configurations, and what the network did; null if no group had a sidecar'),
  machine: machineSummarySchema
    .nullable()
    .default(null)
    .describe(
      'the machine during the run; null if the run did not begin, and in results of earlier versions',
    ),
  ...causesFields,
  instances: z.int(),
  counts,
  groups: z.array(groupVerdict.readonly()).readonly(),
  faults: z
    .array(
      z.strictObject({
        fault: z.string().describe('the fault, in words'),
        injected: z.int().describe('how often it was injected'),
        problem: z
          .string()
          .nullable()
          .describe('why it was not injected as asked, or not undone; null if it was'),
      }),
    )
    .default([])
    .describe('the faults of the run'),
  thresholds: z
    .array(judgedThreshold.readonly())
    .readonly()
    .default([])
    .describe('the thresholds, each with the measured value'),
  attachments: z
    .array(attachment.readonly())
    .readonly()
    .default([])
    .describe('files in the outputs that the plan has attached to the run'),
  more_attachments: z.int().default(0).describe('number of attachments beyond those'),
  started: z.iso.datetime(),
  ended: z.iso.datetime(),
  duration_ms: z.int(),
  side_by_side: z
    .int()
    .default(1)
    .describe('the greatest number of runs of its command at the same time, this one included'),
});
