import * as z from 'zod';
import { expectations } from '../../../plan/run-spec.ts';
import { networkWayJsonSchema } from './network-way-json.ts';

const valuesWithOrigins = z.record(
  z.string(),
  z.strictObject({ value: z.string(), from: z.string().describe('where the value comes from') }),
);

const group = z.strictObject({
  id: z.string(),
  group_id: z.string().describe('the group of the composition that it is built and configured as'),
  instances: z.int(),
  instances_from: z.string().describe('where the count comes from'),
  expect: z.enum(expectations),
  builder: z.strictObject({ value: z.string(), from: z.string() }),
  build_config: valuesWithOrigins,
  selectors: z.array(z.string()).readonly(),
  dependencies: z
    .array(
      z.strictObject({
        module: z.string(),
        target: z.string().optional().describe('another module, or a folder'),
        version: z.string().optional(),
      }),
    )
    .readonly(),
  artifact: z.string().nullable().describe('the artifact of an earlier build; null to build'),
  resources: z
    .strictObject({ memory: z.string().optional(), cpu: z.string().optional() })
    .nullable()
    .describe('null for no limits'),
  test_params: valuesWithOrigins,
  profiles: valuesWithOrigins,
});

const run = z.strictObject({
  name: z.string().describe('its name in the composition'),
  plan: z.string(),
  plan_dir: z.string(),
  case: z.string(),
  runner: z.string(),
  total_instances: z.int(),
  disable_metrics: z.boolean(),
  thresholds: z.array(z.string()),
  faults: z.array(z.string()).describe('the faults that it injects, in words'),
  seed: z.string(),
  run_config: valuesWithOrigins,
  notes: z.array(z.string()).readonly(),
  groups: z.array(group),
  network: z
    .array(networkWayJsonSchema)
    .describe('what is declared between the instances; empty if nothing is'),
  instances: z.array(
    z.strictObject({
      group: z.string(),
      index: z.int().describe('its number in the group, from 0'),
      tag: z.string().describe('group and index, as in printed lines: single[003]'),
      seed: z.string().describe('its TEST_SEED'),
      test_params: z.record(z.string(), z.string()).readonly(),
    }),
  ),
});

/** What `--dry-run --json` and `tg describe --json` of a run print. */
export const dryRunJsonSchema = z.strictObject({
  version: z.literal(1).describe('changes only with a change that breaks readers'),
  runs: z.array(run),
});

export type DryRunJson = z.output<typeof dryRunJsonSchema>;
