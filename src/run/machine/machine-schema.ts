import * as z from 'zod';
import type { MachineSummary } from './machine-summary.ts';

const share = z.number().min(0).max(1);

/** `machine` in result.json. */
export const machineSummarySchema: z.ZodType<MachineSummary> = z.strictObject({
  cores: z.number().describe('how many processors tg and its instances could use'),
  cpu: z
    .strictObject({ p50: share, p95: share, max: share })
    .nullable()
    .describe('share of the time of the processors in which they were not idle; null if unknown'),
  steal: z
    .strictObject({ mean: share, max: share })
    .nullable()
    .describe('share of the time of the processors that the hypervisor took; null if unknown'),
  memory_max: share.nullable().describe('largest share of memory in use; null if unknown'),
  load_max: z.number().nullable().describe('highest load average over one minute; null if unknown'),
  saturated: z.boolean().describe('whether measured times may be those of the machine'),
  saturated_share: share.describe('share of the run in which the machine was saturated'),
  reason: z.string().nullable().describe('what was saturated; null if it was not'),
});

/** The fields of a sample of the machine, as `--json` prints them. */
export const machineSampleFields = {
  for_ms: z.int().describe('the length of the time span'),
  cores: z.number().describe('how many processors tg and its instances may use'),
  cpu: share.nullable().describe('share of the time of these processors in which they were not idle'),
  steal: share.nullable().describe('share of their time that the hypervisor took'),
  memory: share.nullable().describe('share of memory in use, at the end'),
  load: z.number().nullable().describe('load average over one minute, at the end'),
  groups: z
    .array(z.strictObject({ id: z.string(), processors: z.number(), bytes: z.number() }))
    .describe('what the instances of a group used; without groups whose usage is unknown'),
};
