import * as z from 'zod';
import { uniqueBy } from '../files/unique.ts';
import { expectations } from '../run-spec.ts';
import { statNames } from '../threshold.ts';

const values = z.record(z.string(), z.unknown()).default({});

const dependencySchema = z.strictObject({
  module: z.string().min(1).describe('what is replaced: a Go module, a crate'),
  target: z.string().optional().describe('what replaces it: another module, or a folder'),
  version: z.string().optional().describe('the version of the target, or of the module itself'),
});

const buildSchema = z.strictObject({
  selectors: z.array(z.string()).default([]).describe('build tags (Go), features (Rust)'),
  dependencies: z
    .array(dependencySchema)
    .default([])
    .check(uniqueBy('module', 'replaced already'))
    .describe('dependencies to be replaced'),
});

const runSchema = z.strictObject({
  artifact: z.string().default('').describe('the key of an earlier build, instead of a build'),
  test_params: values.describe('parameters of the test case'),
  profiles: values.describe('profiles to capture (Go): cpu = "true", heap = "5s", …'),
});

const instancesSchema = z
  .strictObject({
    count: z.int().min(0).optional().describe('how many'),
    percentage: z.number().min(0).max(1).optional().describe('or: the share of total_instances, from 0 to 1'),
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
  .regex(/^(?!\.)[^/,\p{Cc}]+$/u, 'must be a name without slash and comma that does not begin with a dot')
  .regex(/^(?!.*\.((nd)?json|toml)$)/, 'must be a name that does not end in .json, .ndjson or .toml');

const expectSchema = z
  .enum(expectations)
  .optional()
  .describe('the final state that its instances must have: success where nothing is said');

const groupSchema = z.strictObject({
  id: idSchema.describe('its name'),
  builder: z.string().optional().describe('its builder, where it is not the global one'),
  build_config: values.describe('configuration of its builder, stronger than the global one'),
  build: buildSchema.prefault({}).describe('how it is built'),
  resources: resourcesSchema
    .optional()
    .describe('memory and CPU of an instance; local:exec does not limit them'),
  instances: instancesSchema.prefault({}).describe('how many instances it has'),
  run: runSchema.prefault({}).describe('what its instances get, stronger than the global one'),
  expect: expectSchema,
});

const runGroupSchema = z.strictObject({
  id: idSchema.describe('its name in this run'),
  group_id: z
    .string()
    .optional()
    .describe('the group that it is built and configured as; its own id otherwise'),
  resources: resourcesSchema.optional().describe('as of a group'),
  instances: instancesSchema.optional().describe('how many instances it has; as its group otherwise'),
  test_params: values.describe('parameters, stronger than those of the run'),
  profiles: values.describe('profiles, stronger than those of the group'),
  expect: expectSchema,
});

const thresholdSchema = z
  .strictObject({
    metric: z.string().min(1).describe('its name as tg metrics shows it; name,tag=value for one with tags'),
    stat: z.enum(statNames).describe('which of its statistics'),
    below: z.number().optional().describe('it has to be less than this'),
    above: z.number().optional().describe('it has to be more than this'),
    group: z.string().optional().describe('only of this group; of all instances together otherwise'),
  })
  .refine(({ below, above }) => below !== undefined || above !== undefined, {
    message: 'must have a bound: below, above, or both',
  })
  .refine(({ below, above }) => below === undefined || above === undefined || above < below, {
    message: 'must have an above that is less than its below: nothing can keep it',
  });

const thresholds = z
  .array(thresholdSchema)
  .default([])
  .describe('bounds that what is measured has to keep for the run to pass');

const oneRunSchema = z.strictObject({
  id: idSchema.describe('its name, for --run-ids and results'),
  test_params: values.describe('parameters of all its instances, stronger than those of a group'),
  total_instances: z.int().min(0).default(0).describe('the number of all its instances'),
  groups: z
    .array(runGroupSchema)
    .min(1)
    .check(uniqueBy('id', 'the id of another group of this run'))
    .describe('the groups that take part'),
  thresholds,
});

export const compositionSchema = z.strictObject({
  metadata: z
    .strictObject({
      name: z.string().default('').describe('its name'),
      author: z.string().default('').describe('who wrote it'),
    })
    .prefault({}),
  global: z.strictObject({
    plan: z.string().min(1).describe('the plan: a name, or the path of its folder, from this file'),
    case: z.string().min(1).describe('the test case'),
    total_instances: z.int().min(0).default(0).describe('the number of all instances: percentages need it'),
    concurrent_builds: z.int().min(0).default(0).describe('accepted; tg builds one after another'),
    builder: z.string().optional().describe('the builder (default: the manifest’s)'),
    build_config: values.describe('configuration of the builder'),
    build: buildSchema.prefault({}).describe('how all groups are built'),
    runner: z.string().optional().describe('the runner (default: the manifest’s)'),
    run_config: values.describe('configuration of the runner'),
    run: runSchema.prefault({}).describe('what all instances get'),
    disable_metrics: z.boolean().default(false).describe('tell the instances not to send metrics'),
    thresholds,
  }),
  groups: z
    .array(groupSchema)
    .min(1)
    .check(uniqueBy('id', 'the id of another group'))
    .describe('sets of instances, each with its own build and parameters'),
  runs: z
    .array(oneRunSchema)
    .default([])
    .check(uniqueBy('id', 'the id of another run'))
    .describe('runs, in their order; without them there is one, default, of every group'),
  matrix: z
    .record(z.string(), z.array(z.union([z.string(), z.number(), z.boolean(), z.bigint()])).min(1))
    .default({})
    .describe('parameters with several values each: every run is carried out with every combination'),
});

/**
 * A composition: groups of instances of one plan, each with its own build and parameters, and the runs made of
 * them.
 */
export type Composition = z.output<typeof compositionSchema>;
export type Group = Composition['groups'][number];
export type CompositionRun = Composition['runs'][number];
export type RunGroup = CompositionRun['groups'][number];
