import * as z from 'zod';
import { runStates } from '../../../history/record.ts';
import { causesFields } from '../../../run/causes/cause-schema.ts';
import { machineSummarySchema } from '../../../run/machine/machine-schema.ts';
import { stallSnapshotSchema } from '../../../run/stall/stall-schema.ts';
import { outcomes } from '../../../run/verdict/outcomes.ts';

/** What `tg why --json` prints. */
export const whyJsonSchema = z.strictObject({
  version: z.literal(2).describe('changes only with a change that breaks readers'),
  run_id: z.string(),
  state: z.enum(runStates),
  outcome: z.enum(outcomes).describe('unknown while the run is active'),
  error: z.string().describe('why it did not begin, or what stopped it; otherwise empty'),
  abandoned: z.string().nullable().describe('why the run was abandoned; null if it was not'),
  stopped: z.string().nullable().describe('what ended the run early; null if nothing did'),
  stalled: z
    .strictObject({
      at: z.iso.datetime().describe('when the snapshot was taken'),
      for_ms: z.int().describe('the time without progress until then'),
      resumed: z.iso.datetime().nullable().describe('when the run went on; null if it did not'),
      snapshot: stallSnapshotSchema,
    })
    .nullable()
    .describe('the last stall; null if there was none'),
  not_passed: z.array(z.string()).describe('each instance and threshold that did not pass, with the reason'),
  ...causesFields,
  not_applied: z
    .record(z.string(), z.int())
    .describe(
      'network settings that were not applied, with the number of configurations that requested each',
    ),
  machine: machineSummarySchema.nullable().describe('the machine so far; null if it was not sampled'),
});

export type WhyJson = z.output<typeof whyJsonSchema>;
