import * as z from 'zod';
import { faultTableSchema } from '../fault/fault-table.ts';
import { uniqueBy } from '../files/unique.ts';
import { networkTableSchema } from '../network-table.ts';
import { expectations } from '../run-spec.ts';
import { statNames } from '../threshold.ts';

const values = z.record(z.string(), z.unknown()).default({});

const axisValues = z
  .array(
    z.union([z.string(), z.number(), z.boolean(), z.bigint()], 'must be a text, a number, or true or false'),
  )
  .min(1);

const dependencySchema = z.strictObject({
  module: z.string().min(1).describe('the module to replace: a Go module or a crate'),
  target: z.string().optional().describe('the replacement: another module, or a folder'),
  version: z.string().optional().describe('the version of the target, or of the module itself'),
});

const buildSchema = z.strictObject({
  selectors: z.array(z.string()).default([]).describe('build tags (Go), features (Rust)'),
  dependencies: z
    .array(dependencySchema)
    .default([])
    .check(uniqueBy('module', 'replaced already'))
    .describe('dependencies to replace'),
});

const runSchema = z.strictObject({
  artifact: z.string().default('').describe('the key of an earlier build, to use instead of a new one'),
  test_params: values.describe('parameters of the test case'),
  profiles: values.describe('profiles to capture (Go): cpu = "true", heap = "5s", …'),
});

const instancesSchema = z
  .strictObject({
    count: z.int().min(0).optional().describe('the number of instances'),
    percentage: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe('the share of total_instances, from 0 to 1, instead of a count'),
  })
  .refine(({ count, percentage }) => !count || !percentage, {
    message: 'must have either a count or a percentage',
  });

const resourcesSchema = z.strictObject({
  memory: z.union([z.string(), z.number()]).default(''),
  cpu: z.union([z.string(), z.number()]).default(''),
});

/** Used in folder names and file names, including the file names of a run. */
const idSchema = z
  .string()
  .max(100)
  .regex(/^(?!\.)[^/,\p{Cc}]+$/u, 'must be a name without a slash or comma that does not begin with a dot')
  .regex(/^(?!.*\.((nd)?json|toml)$)/, 'must be a name that does not end in .json, .ndjson or .toml');

const expectSchema = z
  .enum(expectations)
  .optional()
  .describe('the final state that its instances must have (default: success)');

const groupSchema = z.strictObject({
  id: idSchema.describe('its name'),
  builder: z.string().optional().describe('its builder, if not the global one'),
  build_config: values.describe('configuration of its builder; overrides the global one'),
  build: buildSchema.prefault({}).describe('how it is built'),
  resources: resourcesSchema
    .optional()
    .describe('memory and CPU of an instance; local:exec does not limit them'),
  instances: instancesSchema.prefault({}).describe('how many instances it has'),
  run: runSchema
    .prefault({})
    .describe('parameters, profiles and artifact of its instances; override the global ones'),
  expect: expectSchema,
});

const runGroupSchema = z.strictObject({
  id: idSchema.describe('its name in this run'),
  group_id: z
    .string()
    .optional()
    .describe('the group whose build and configuration it uses (default: the one with its id)'),
  resources: resourcesSchema.optional().describe('memory and CPU of an instance, as for a group'),
  instances: instancesSchema.optional().describe('how many instances it has (default: as many as its group)'),
  test_params: values.describe('parameters; override those of the run'),
  profiles: values.describe('profiles; override those of the group'),
  expect: expectSchema,
});

const thresholdSchema = z
  .strictObject({
    metric: z.string().min(1).describe('its name as tg metrics prints it; name,tag=value if it has tags'),
    stat: z.enum(statNames).describe('the statistic to check'),
    below: z.number().optional().describe('upper bound: it must be less than this'),
    above: z.number().optional().describe('lower bound: it must be more than this'),
    group: z.string().optional().describe('the group to check (default: all instances together)'),
  })
  .refine(({ below, above }) => below !== undefined || above !== undefined, {
    message: 'must have a bound: below, above, or both',
  })
  .refine(({ below, above }) => below === undefined || above === undefined || above < below, {
    message: 'must have an `above` less than its `below`: no value meets both',
  });

const thresholds = z
  .array(thresholdSchema)
  .default([])
  .describe('bounds on metrics, which must hold for the run to pass');

const faults = z.array(faultTableSchema).default([]);

const oneRunSchema = z.strictObject({
  id: idSchema.describe('its name, for --run-ids and results'),
  test_params: values.describe('parameters of all its instances; override those of a group'),
  total_instances: z.int().min(0).default(0).describe('the total number of its instances'),
  groups: z
    .array(runGroupSchema)
    .min(1)
    .check(uniqueBy('id', 'the id of another group of this run'))
    .describe('the groups that take part'),
  thresholds,
  faults: faults.describe('faults to inject, besides those of all runs'),
});

export const compositionSchema = z.strictObject({
  metadata: z
    .strictObject({
      name: z.string().default('').describe('its name'),
      author: z.string().default('').describe('its author'),
    })
    .prefault({}),
  global: z.strictObject({
    plan: z.string().min(1).describe('the plan: its name, or the path of its folder relative to this file'),
    case: z.string().min(1).describe('the test case'),
    total_instances: z.int().min(0).default(0).describe('the total number of instances; percentages need it'),
    concurrent_builds: z
      .int()
      .min(0)
      .default(0)
      .describe('accepted but ignored: tg builds one after another'),
    builder: z.string().optional().describe('the builder (default: the manifest’s)'),
    build_config: values.describe('configuration of the builder'),
    build: buildSchema.prefault({}).describe('how all groups are built'),
    runner: z.string().optional().describe('the runner (default: the manifest’s)'),
    run_config: values.describe('configuration of the runner'),
    run: runSchema.prefault({}).describe('parameters, profiles and artifact of all instances'),
    disable_metrics: z.boolean().default(false).describe('tell the instances not to send metrics'),
    thresholds,
  }),
  groups: z
    .array(groupSchema)
    .min(1)
    .check(uniqueBy('id', 'the id of another group'))
    .describe('sets of instances, each with its own build and parameters'),
  network: networkTableSchema
    .optional()
    .describe('the network between the instances, for a runner that shapes networks'),
  faults: faults.describe('faults to inject in every run'),
  runs: z
    .array(oneRunSchema)
    .default([])
    .check(uniqueBy('id', 'the id of another run'))
    .describe('runs, in order (default: one of all groups, with the id default)'),
  matrix: z
    .object({
      run: z
        .union([axisValues, z.record(z.string(), axisValues)])
        .optional()
        .describe('keys of the run configuration, with several values each'),
    })
    .catchall(axisValues)
    .default({})
    .describe(
      'parameters, or instances, with several values each; every run is executed with every combination',
    ),
});

/**
 * A composition: groups of instances of one plan, each with its own build and parameters, and the runs made of
 * them.
 */
export type Composition = z.output<typeof compositionSchema>;
export type Group = Composition['groups'][number];
export type CompositionRun = Composition['runs'][number];
export type RunGroup = CompositionRun['groups'][number];
