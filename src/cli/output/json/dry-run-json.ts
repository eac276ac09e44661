import * as z from 'zod';
import { natNames } from '../../../plan/network-table.ts';
import { whoCalls } from '../../../plan/network-way.ts';
import { expectations } from '../../../plan/run-spec.ts';

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

const oneWay = z
  .strictObject({
    latency_ms: z.number(),
    jitter_ms: z.number(),
    bits_per_second: z.number().nullable().describe('null for no limit'),
    loss: z.number().describe('the share of packets that are lost, from 0 to 1'),
  })
  .nullable()
  .describe('null if no packet arrives');

const run = z.strictObject({
  name: z.string().describe('its name in the composition'),
  plan: z.string(),
  plan_dir: z.string(),
  case: z.string(),
  runner: z.string(),
  total_instances: z.int(),
  disable_metrics: z.boolean(),
  thresholds: z.array(z.string()),
  seed: z.string(),
  run_config: valuesWithOrigins,
  notes: z.array(z.string()).readonly(),
  groups: z.array(group),
  network: z
    .array(
      z.strictObject({
        from: z.string().describe('a group, or some of its instances'),
        to: z.string(),
        from_nat: z.enum(natNames).nullable().describe('the NAT that it is behind; null for none'),
        to_nat: z.enum(natNames).nullable(),
        calls: z
          .enum(whoCalls)
          .describe('who can send first: there from the first side, back from the second'),
        round_trip_ms: z.number().nullable().describe('null if packets do not arrive both ways'),
        there: oneWay,
        back: oneWay,
      }),
    )
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
