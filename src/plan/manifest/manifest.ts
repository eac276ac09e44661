import { join } from 'node:path';
import * as z from 'zod';
import { TgError } from '../../util/errors.ts';
import { type Checked, checkDocument, type PlaceOf } from '../files/check.ts';
import { readDocument } from '../files/document.ts';

const parameterSchema = z.strictObject({
  type: z.string().default('').describe('int, float, bool, size, duration, json, …; others are not checked'),
  desc: z.string().default('').describe('what it is, for people'),
  unit: z.string().default('').describe('the unit of its value, for people'),
  default: z.unknown().optional().describe('its value where a run says nothing'),
  values: z.array(z.unknown()).optional().describe('the values that it may have; another one is a warning'),
  options: z.array(z.unknown()).optional().describe('the same as values'),
  secret: z
    .boolean()
    .default(false)
    .describe('whether its value is masked in what tg prints, keeps and collects'),
});

const instancesSchema = z.strictObject({
  min: z.int().min(0).default(1).describe('the least number of instances of a run'),
  max: z.int().min(0).default(Number.MAX_SAFE_INTEGER).describe('the most'),
  default: z.int().min(0).optional().describe('how many there are where a run says nothing'),
});

const testCaseSchema = z.strictObject({
  name: z.string().min(1).describe('the name that --testcase and compositions give'),
  instances: instancesSchema.prefault({}).describe('how many instances a run may have'),
  params: z.record(z.string(), parameterSchema).default({}).describe('its parameters, by their names'),
  roles: z.unknown().optional().describe('accepted, as testground accepts it; not read'),
});

/** A builder's or runner's section: `enabled` and its configuration. */
const sectionSchema = z.looseObject({
  enabled: z.boolean().default(true).describe('whether the plan may be built or run so'),
});

const sectionsSchema = z.record(z.string(), sectionSchema).default({});

export const manifestSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[^\0]+$/, 'must be a name')
    .describe('the name of the plan'),
  defaults: z
    .strictObject({
      testcase: z.string().optional().describe('the test case where none is named'),
      builder: z.string().optional().describe('the builder where none is named'),
      runner: z.string().optional().describe('the runner where none is named'),
    })
    .default({})
    .describe('what is taken where a run says nothing'),
  sdk: z
    .boolean()
    .optional()
    .describe('whether the plan reports through an SDK; found out where it is not declared'),
  builders: sectionsSchema.describe(
    'the builders that can build it, exec:go for instance, with their configuration',
  ),
  runners: sectionsSchema.describe(
    'the runners that can run it, local:exec for instance, with their configuration',
  ),
  build_strategies: sectionsSchema.describe('builders, as the first versions of testground called them'),
  run_strategies: sectionsSchema.describe('runners, as the first versions of testground called them'),
  testcases: z
    .array(testCaseSchema)
    .default([])
    .describe('the test cases; of two with the same name the first one counts'),
  extra_sources: z
    .record(z.string(), z.array(z.string()))
    .default({})
    .describe(
      'by builder: folders outside of the plan that it needs; tg builds in place and does not need it',
    ),
  global: z.unknown().optional().describe('accepted, as testground accepts it; not read'),
  source_path: z
    .unknown()
    .optional()
    .describe('where the first versions of testground found the plan; not read'),
});

/** A plan's manifest.toml. */
export type Manifest = Omit<z.output<typeof manifestSchema>, 'build_strategies' | 'run_strategies'>;
export type TestCase = z.output<typeof testCaseSchema>;
export type Parameter = z.output<typeof parameterSchema>;

/** The file name of a manifest inside a plan's folder. */
export const manifestFile = 'manifest.toml';

export type ReadManifest = Checked<Manifest>;

/**
 * Reads the manifest in a plan's folder.
 * @throws TgError (usage) if it is missing, malformed or does not match the schema.
 */
export async function readManifest(planDir: string): Promise<ReadManifest> {
  const checked = checkDocument(await readDocument(join(planDir, manifestFile)), manifestSchema);
  const { build_strategies, run_strategies, ...data } = checked.data;
  return {
    ...checked,
    data: {
      ...data,
      builders: { ...build_strategies, ...data.builders },
      runners: { ...run_strategies, ...data.runners },
    },
    unknown: [...checked.unknown, ...oddTestCases(data.testcases, checked.placeOf)],
  };
}

/** Problems of test cases that testground accepts although they must be mistakes. */
function oddTestCases(testCases: readonly TestCase[], placeOf: PlaceOf): TgError[] {
  const seen = new Set<string>();
  return testCases.flatMap(({ name, instances: { min, max } }, index) => {
    const odd: TgError[] = [];
    if (seen.has(name)) {
      const message = `"${name}" is the name of another test case: of these the first one counts`;
      odd.push(new TgError('usage', message, { where: placeOf(['testcases', index, 'name']) }));
    }
    seen.add(name);
    if (min > max) {
      const message = `min must not be greater than max, not {"min":${min},"max":${max}}`;
      odd.push(new TgError('usage', message, { where: placeOf(['testcases', index, 'instances']) }));
    }
    return odd;
  });
}
