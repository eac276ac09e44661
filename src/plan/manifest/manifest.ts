import { join } from 'node:path';
import * as z from 'zod';
import { TgError } from '../../util/errors.ts';
import { mediaType } from '../../util/media-type.ts';
import { type Checked, checkDocument, type PlaceOf } from '../files/check.ts';
import { readDocument } from '../files/document.ts';
import { manifestFile } from './manifest-file.ts';

const parameterSchema = z.strictObject({
  type: z.string().default('').describe('int, float, bool, size, duration, json, …; others are not checked'),
  desc: z.string().default('').describe('its description, for readers'),
  unit: z.string().default('').describe('the unit of its value, for readers'),
  default: z.unknown().optional().describe('its default value'),
  values: z.array(z.unknown()).optional().describe('its allowed values; any other causes a warning'),
  options: z.array(z.unknown()).optional().describe('the same as values'),
  secret: z
    .boolean()
    .default(false)
    .describe('whether its value is masked in what tg prints, keeps and collects'),
});

const instancesSchema = z.strictObject({
  min: z.int().min(0).default(1).describe('the minimum number of instances of a run'),
  max: z.int().min(0).default(Number.MAX_SAFE_INTEGER).describe('the maximum number of instances of a run'),
  default: z.int().min(0).optional().describe('the default number of instances of a run'),
});

const testCaseSchema = z.strictObject({
  name: z.string().min(1).describe('its name, for --testcase and compositions'),
  instances: instancesSchema.prefault({}).describe('how many instances a run may have'),
  params: z.record(z.string(), parameterSchema).default({}).describe('its parameters, by name'),
  roles: z.unknown().optional().describe('accepted but ignored, as in testground'),
});

const metricSchema = z.strictObject({
  unit: z
    .string()
    .regex(/^(?! )\P{C}{1,24}(?<! )$/u, 'must be 1 to 24 characters')
    .optional()
    .describe('the unit of its values, which tables, exports and reports show'),
});

/** Files of the outputs that are attached to a run, by a pattern of their paths. */
const attachmentsSchema = z
  .record(
    z
      .string()
      .max(200)
      .regex(/^(?!\/)(?!(?:.*\/)?\.\.(?:\/|$))[^\0]+$/, 'must be a path in the outputs of an instance'),
    z.strictObject({
      type: z
        .string()
        .regex(mediaType, 'must be a media type, such as image/png')
        .optional()
        .describe('the media type (default: that of the extension)'),
    }),
  )
  .default({})
  .describe(
    'files in the outputs of instances that are attached to the run, by pattern: "plots/*.png"; ** matches folders too',
  );

/** A builder's or runner's section: `enabled` and its configuration. */
const sectionSchema = z.looseObject({
  enabled: z.boolean().default(true).describe('whether the plan may use it'),
});

const sectionsSchema = z.record(z.string(), sectionSchema).default({});

export const manifestSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[^\0]+$/, 'must be a name')
    .describe('the name of the plan'),
  defaults: z
    .strictObject({
      testcase: z.string().optional().describe('the default test case'),
      builder: z.string().optional().describe('the default builder'),
      runner: z.string().optional().describe('the default runner'),
    })
    .default({})
    .describe('defaults of a run'),
  sdk: z.boolean().optional().describe('whether the plan reports through an SDK (default: detected)'),
  builders: sectionsSchema.describe(
    'the builders that can build it, exec:go for instance, with their configuration',
  ),
  runners: sectionsSchema.describe(
    'the runners that can run it, local:exec for instance, with their configuration',
  ),
  build_strategies: sectionsSchema.describe('builders, under the key of the first versions of testground'),
  run_strategies: sectionsSchema.describe('runners, under the key of the first versions of testground'),
  testcases: z
    .array(testCaseSchema)
    .default([])
    .describe('the test cases; of two with the same name, the first one is used'),
  metrics: z
    .record(z.string(), metricSchema)
    .default({})
    .describe('what the plan measures, by the name of the metric without tags'),
  attachments: attachmentsSchema,
  extra_sources: z
    .record(z.string(), z.array(z.string()))
    .default({})
    .describe('by builder: folders outside the plan that it needs; ignored, since tg builds in place'),
  global: z.unknown().optional().describe('accepted but ignored, as in testground'),
  source_path: z
    .unknown()
    .optional()
    .describe('where the first versions of testground found the plan; ignored'),
});

/** A plan's manifest.toml. */
export type Manifest = Omit<z.output<typeof manifestSchema>, 'build_strategies' | 'run_strategies'>;
export type TestCase = z.output<typeof testCaseSchema>;
export type Parameter = z.output<typeof parameterSchema>;

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
      const message = `duplicate test case "${name}": the first one is used`;
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
